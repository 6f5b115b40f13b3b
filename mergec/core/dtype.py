"""Element types of tensors, under the names safetensors gives them."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What arithmetic an element type allows."""

    FLOAT = "float"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    NARROW = "narrow"
    """8, 6 and 4 bit floats: storage formats that mean nothing without their scales."""
    COMPLEX = "complex"


class DType(Enum):
    """An element type. Members stand in the order in which a safetensors file stores them, last first."""

    BOOL = ("BOOL", 8, Kind.BOOLEAN, "bool")
    F4 = ("F4", 4, Kind.NARROW, "float4_e2m1fn_x2")
    F6_E2M3 = ("F6_E2M3", 6, Kind.NARROW, "")
    F6_E3M2 = ("F6_E3M2", 6, Kind.NARROW, "")
    U8 = ("U8", 8, Kind.INTEGER, "uint8")
    I8 = ("I8", 8, Kind.INTEGER, "int8")
    F8_E5M2 = ("F8_E5M2", 8, Kind.NARROW, "float8_e5m2")
    F8_E4M3 = ("F8_E4M3", 8, Kind.NARROW, "float8_e4m3fn")
    F8_E8M0 = ("F8_E8M0", 8, Kind.NARROW, "float8_e8m0fnu")
    F8_E4M3FNUZ = ("F8_E4M3FNUZ", 8, Kind.NARROW, "float8_e4m3fnuz")
    F8_E5M2FNUZ = ("F8_E5M2FNUZ", 8, Kind.NARROW, "float8_e5m2fnuz")
    I16 = ("I16", 16, Kind.INTEGER, "int16")
    U16 = ("U16", 16, Kind.INTEGER, "uint16")
    F16 = ("F16", 16, Kind.FLOAT, "float16")
    BF16 = ("BF16", 16, Kind.FLOAT, "bfloat16")
    I32 = ("I32", 32, Kind.INTEGER, "int32")
    U32 = ("U32", 32, Kind.INTEGER, "uint32")
    F32 = ("F32", 32, Kind.FLOAT, "float32")
    C64 = ("C64", 64, Kind.COMPLEX, "complex64")
    F64 = ("F64", 64, Kind.FLOAT, "float64")
    I64 = ("I64", 64, Kind.INTEGER, "int64")
    U64 = ("U64", 64, Kind.INTEGER, "uint64")

    def __init__(self, code: str, bits: int, kind: Kind, torch_name: str) -> None:
        self.code = code
        self.bits = bits
        self.kind = kind
        self.torch_name = torch_name

    __hash__ = object.__hash__  # members are compared by identity; the hash of their names takes a call

    @property
    def is_float(self) -> bool:
        """True for types that merge methods compute with: F16, BF16, F32, F64."""
        return self.kind is Kind.FLOAT

    @property
    def rank(self) -> int:
        """Place in safetensors' order of types; files store tensors by descending rank."""
        return _RANKS[self]


_RANKS = {dtype: rank for rank, dtype in enumerate(DType)}
BY_CODE = {dtype.code: dtype for dtype in DType}
OUTPUT_NAMES = {d.torch_name: d for d in (DType.BF16, DType.F16, DType.F32, DType.F64)}
"""Names a recipe may give for its output's element type."""


def promote(dtypes: tuple[DType, ...]) -> DType:
    """The float type that holds all of `dtypes`: equal ones stay, BF16 with F16 gives F32."""
    distinct = set(dtypes)
    if len(distinct) == 1:
        return dtypes[0]
    return DType.F64 if DType.F64 in distinct else DType.F32

"""Stored tensors as numpy sees them: encoding, decoding and units in the last place, without torch."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PRECISION = {"BF16": 8, "F16": 11, "F32": 24, "F64": 53}
"""Bits of the significand, the hidden one counted."""

LEAST_EXPONENT = {"BF16": -126, "F16": -14, "F32": -126, "F64": -1022}
"""Exponent of the smallest normal number."""

TORCH_NAME = {"BF16": "bfloat16", "F16": "float16", "F32": "float32", "F64": "float64"}

_NUMPY = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I64": "<i8"}


@dataclass(frozen=True)
class Stored:
    """A tensor as a file holds it."""

    code: str
    shape: tuple[int, ...]
    data: bytes

    @property
    def elements(self) -> int:
        return prod(self.shape)

    @property
    def values(self) -> Array:
        """The numbers that the bytes stand for, exact."""
        if self.code == "BF16":
            high = np.frombuffer(self.data, "<u2").astype("<u4") << 16
            return high.view("<f4").astype(np.float64).reshape(self.shape)
        return np.frombuffer(self.data, _NUMPY[self.code]).astype(np.float64).reshape(self.shape)


def store(values: Array, code: str) -> Stored:
    """The tensor nearest to the values; of two equally near ones the even one."""
    array = np.asarray(values, np.float64)
    if code == "BF16":
        bits = array.astype("<f4").view("<u4")
        even = np.where(np.isnan(array), bits, bits + 0x7FFF + ((bits >> 16) & 1))
        return Stored(code, array.shape, (even >> 16).astype("<u2").tobytes())
    return Stored(code, array.shape, array.astype(_NUMPY[code]).tobytes())


def ulp(values: Array, code: str) -> Array:
    """Distance between neighbours of the type around each value."""
    _, exponents = np.frexp(np.abs(values))
    return np.ldexp(1.0, np.maximum(exponents - 1, LEAST_EXPONENT[code]) - (PRECISION[code] - 1))


def error_ulps(got: Stored, wanted: Array) -> Array:
    """How far each element is from the wanted value, in units of the stored type's last place there."""
    return np.abs(got.values - wanted) / ulp(wanted, got.code)

"""The type of a tensor and where its bytes are."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from mergec.core.dtype import DType


@dataclass(frozen=True, slots=True)
class TensorType:
    """Element type and shape; how many elements that is, and how many bytes they take when they are stored."""

    dtype: DType
    shape: tuple[int, ...]
    elements: int = field(init=False, repr=False, compare=False)
    nbytes: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        elements = prod(self.shape)
        object.__setattr__(self, "elements", elements)
        object.__setattr__(self, "nbytes", elements * self.dtype.bits // 8)

    def __str__(self) -> str:
        return f"{self.dtype.code.lower()}[{','.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """A stored tensor: its name, type, file (a base name) and absolute byte offset in that file."""

    name: str
    type: TensorType
    file: str
    offset: int

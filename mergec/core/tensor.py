"""The type of a tensor and where its bytes are."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from mergec.core.dtype import DType


@dataclass(frozen=True, slots=True)
class TensorType:
    """Element type and shape."""

    dtype: DType
    shape: tuple[int, ...]

    @property
    def elements(self) -> int:
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.elements * self.dtype.bits // 8

    def __str__(self) -> str:
        return f"{self.dtype.code.lower()}[{','.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """A stored tensor: its name, type, file (a base name) and absolute byte offset in that file."""

    name: str
    type: TensorType
    file: str
    offset: int

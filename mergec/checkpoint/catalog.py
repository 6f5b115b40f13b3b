"""What a checkpoint holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mergec.core.folder import Folder
from mergec.core.tensor import TensorEntry

_DIGITS = re.compile("[0-9]+")


@dataclass(frozen=True, slots=True)
class WeightFile:
    """A file of tensors. header_digest: sha256 in hex of its first bytes, length prefix and header."""

    name: str
    size_bytes: int
    header_digest: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All tensors of a model, read from headers alone.

    files: by name. tensors: by name in natural order, so that `layers.2` comes before `layers.10`.
    """

    folder: Folder
    files: tuple[WeightFile, ...]
    tensors: tuple[TensorEntry, ...]
    _by_name: Mapping[str, TensorEntry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", MappingProxyType({entry.name: entry for entry in self.tensors}))

    def entry(self, name: str) -> TensorEntry | None:
        """The tensor of that name, or None."""
        return self._by_name.get(name)


def natural_key(name: str) -> tuple[str, str]:
    """A sort key under which runs of digits compare as numbers."""
    return _DIGITS.sub(lambda digits: digits[0].zfill(20), name), name

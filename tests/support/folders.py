"""A model folder in memory."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class MemoryFolder:
    """Files by name; what the contract `Folder` asks for, but `fetch`."""

    files: dict[str, bytes] = field(default_factory=dict)
    label: str = "org/model"
    revision: str | None = None

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.files))

    def size(self, name: str) -> int:
        return len(self._content(name))

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        end = None if length is None else offset + length
        return self._content(name)[offset:end]

    def fetch(self, name: str) -> str:
        raise NotImplementedError

    def _content(self, name: str) -> bytes:
        if name not in self.files:
            raise FileNotFoundError(name)
        return self.files[name]

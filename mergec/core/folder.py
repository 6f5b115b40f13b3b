"""A directory of model files, wherever it is."""

from __future__ import annotations

from typing import Protocol


class Folder(Protocol):
    """Read access to the files of one model: a local directory, a Hub snapshot in the cache, or a Hub repository.

    Names are relative to the folder, with `/`. Reading a remote folder transfers no more than is asked for.
    """

    @property
    def label(self) -> str:
        """How messages call it: the reference as the user gave it."""

    @property
    def revision(self) -> str | None:
        """The resolved commit of a Hub repository; None for a plain directory."""

    def names(self) -> tuple[str, ...]:
        """All files, sorted."""

    def size(self, name: str) -> int:
        """Length in bytes. Raises FileNotFoundError."""

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """Bytes from `offset`, `length` of them or up to the end. Raises FileNotFoundError, MachineFault."""

    def fetch(self, name: str) -> str:
        """A local path of the whole file, downloaded first where needed. Raises FileNotFoundError, MachineFault."""


def stays_inside(name: str) -> bool:
    """Whether `name` is a plain relative path: no empty, `.` or `..` part, not absolute, no NUL."""
    return "\0" not in name and all(part not in ("", ".", "..") for part in name.split("/"))

"""A model folder on a local disk."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mergec.core.folder import stays_inside
from mergec.diagnostics import MachineFault


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """Files of a directory, read with `pread`: a mapped file that shrinks would end the process with SIGBUS.

    path: the directory. label: how messages call it. revision: the commit, for a snapshot in the Hub's cache.
    Symbolic links are followed (the Hub's cache is made of them); only regular files count.
    """

    path: str
    label: str
    revision: str | None = None

    def names(self) -> tuple[str, ...]:
        """Files of the directory and of its subdirectories, one level deep; hidden subdirectories are left out.

        Raises FileNotFoundError and NotADirectoryError if `path` is no directory, MachineFault if it cannot be read.
        """
        found: list[str] = []
        for entry in self._entries(self.path):
            if entry.is_file():
                found.append(entry.name)
            elif entry.is_dir() and not entry.name.startswith("."):
                found.extend(f"{entry.name}/{inner.name}" for inner in self._entries(entry.path) if inner.is_file())
        return tuple(sorted(found))

    def size(self, name: str) -> int:
        """Length in bytes. Raises FileNotFoundError, MachineFault."""
        with self._opened(name) as descriptor:
            return os.fstat(descriptor).st_size

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """Bytes from `offset`, fewer than `length` where the file ends. Raises FileNotFoundError, MachineFault."""
        with self._opened(name) as descriptor:
            left = os.fstat(descriptor).st_size - offset if length is None else length
            pieces: list[bytes] = []
            while left > 0 and (piece := os.pread(descriptor, left, offset)):
                pieces.append(piece)
                offset += len(piece)
                left -= len(piece)
        return b"".join(pieces)

    def fetch(self, name: str) -> str:
        """The file's path. Raises FileNotFoundError, MachineFault."""
        with self._opened(name):
            return self._path(name)

    def _path(self, name: str) -> str:
        if not stays_inside(name):
            raise FileNotFoundError(f"{name!r} is not the name of a file in {self.label}")
        return os.path.join(self.path, name)

    def _entries(self, directory: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(directory) as entries:
                return list(entries)
        except (FileNotFoundError, NotADirectoryError):
            raise
        except OSError as error:
            raise self._fault(directory, error) from error

    @contextmanager
    def _opened(self, name: str) -> Iterator[int]:
        path = self._path(name)
        try:
            # Without O_NONBLOCK, opening a named pipe would wait for a writer.
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError, UnicodeEncodeError) as error:
            raise FileNotFoundError(f"{self.label} has no file {name!r}") from error
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise FileNotFoundError(f"{self.label} has no file with a name that long") from error
            raise self._fault(path, error) from error
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileNotFoundError(f"{name!r} in {self.label} is not a regular file")
            yield descriptor
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._fault(path, error) from error
        finally:
            os.close(descriptor)

    def _fault(self, path: str, error: OSError) -> MachineFault:
        help = "check the permissions" if isinstance(error, PermissionError) else None
        return MachineFault(f"cannot read {path}: {error.strerror}", help)

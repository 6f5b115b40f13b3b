"""Input and output files of a build: positional reads and writes that never lose a byte silently."""

from __future__ import annotations

import fcntl
import os
import struct
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from mergec.diagnostics import MachineFault

PIECE_BYTES = 1 << 18
"""What is written at once, or copied. For larger pieces the system takes memory long free, which a virtual
machine may have handed back: then a page of it costs ten times as much as one that was in use."""

PAGE_BYTES = 1 << 12

_CLONE_RANGE = 0x4020940D
"""`FICLONERANGE` of Linux's fs.h."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file was when it was opened; another size, time or inode later means it was replaced."""

    size: int
    modified_ns: int
    inode: int

    @staticmethod
    def of(fd: int) -> Identity:
        """The identity of an open file."""
        status = os.fstat(fd)
        return Identity(status.st_size, status.st_mtime_ns, status.st_ino)


class Source:
    """An input file, read at offsets; many threads may read at once."""

    def __init__(self, path: str, label: str, expected_bytes: int) -> None:
        self.path = path
        self.label = label
        try:
            self.fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise MachineFault(f"cannot read `{label}`: {error.strerror}") from error
        self._identity = Identity.of(self.fd)
        if self._identity.size != expected_bytes:
            os.close(self.fd)
            raise self._changed()

    def read_into(self, buffer: memoryview, offset: int) -> None:
        """Fill the buffer from the file. Raises MachineFault where the file ends too soon or cannot be read."""
        done = 0
        while done < len(buffer):
            try:
                count = os.preadv(self.fd, [buffer[done:]], offset + done)
            except OSError as error:
                raise MachineFault(f"cannot read `{self.label}`: {error.strerror}") from error
            if count == 0:
                raise self._changed()
            done += count

    def read_ahead(self, offset: int, length: int) -> None:
        """Tell the system that these bytes are wanted soon; it may begin to fetch them."""
        with suppress(OSError):
            os.posix_fadvise(self.fd, offset, length, os.POSIX_FADV_WILLNEED)

    def check(self) -> None:
        """Raise MachineFault if the file was written to or replaced since it was opened."""
        try:
            now = os.stat(self.path)
        except OSError as error:
            raise self._changed() from error
        if Identity(now.st_size, now.st_mtime_ns, now.st_ino) != self._identity:
            raise self._changed()

    def close(self) -> None:
        os.close(self.fd)

    def _changed(self) -> MachineFault:
        return MachineFault(
            f"`{self.label}` changed while it was being merged",
            help="let nothing write to the inputs during a build, and build again",
        )


class Sources:
    """The input files of a build: each is opened when it is first asked for, and stays open to the end."""

    def __init__(self, open_source: Callable[[int, str], Source]) -> None:
        self._open = open_source
        self._files: dict[tuple[int, str], Source] = {}
        self._lock = threading.Lock()

    def get(self, model: int, file: str) -> Source:
        """The source of a model's weight file."""
        with self._lock:
            if (model, file) not in self._files:
                self._files[model, file] = self._open(model, file)
            return self._files[model, file]

    def open(self, files: Iterable[tuple[int, str]]) -> None:
        """Open some files now, so that processes that are forked later read the same ones."""
        for model, file in files:
            self.get(model, file)

    def check(self) -> None:
        """Raise MachineFault if any of the files changed since it was opened."""
        for source in self._files.values():
            source.check()

    def close(self) -> None:
        for source in self._files.values():
            source.close()


class Target:
    """An output file of known size, written at offsets in any order."""

    def __init__(self, path: str, header: bytes, nbytes: int) -> None:
        self.path = path
        self._apart: set[Source] = set()
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        try:
            if nbytes:
                os.posix_fallocate(self.fd, 0, nbytes)
            self.write(memoryview(header), 0)
        except BaseException as error:
            os.close(self.fd)
            if isinstance(error, OSError):
                raise write_fault(path, error) from error
            raise

    def write(self, data: memoryview, offset: int) -> None:
        """Write all of the data at an offset."""
        done = 0
        while done < len(data):
            try:
                done += os.pwrite(self.fd, data[done : done + PIECE_BYTES], offset + done)
            except OSError as error:
                raise write_fault(self.path, error) from error

    def copy_from(self, source: Source, source_offset: int, offset: int, length: int) -> None:
        """Copy bytes from an input. Pages that lie alike in both are shared, where the file system can do that."""
        head = -offset % PAGE_BYTES
        shared = max(0, length - head) // PAGE_BYTES * PAGE_BYTES if (source_offset - offset) % PAGE_BYTES == 0 else 0
        if shared and self._share(source, source_offset + head, offset + head, shared):
            self._copy_pieces(source, source_offset, offset, head)
            done = head + shared
            self._copy_pieces(source, source_offset + done, offset + done, length - done)
        else:
            self._copy_pieces(source, source_offset, offset, length)

    def _share(self, source: Source, source_offset: int, offset: int, length: int) -> bool:
        """Have the file system use the same blocks for both; a file that cannot once is not asked again."""
        if source in self._apart:
            return False
        try:
            fcntl.ioctl(self.fd, _CLONE_RANGE, struct.pack("=qQQQ", source.fd, source_offset, length, offset))
        except OSError:
            self._apart.add(source)
            return False
        return True

    def _copy_pieces(self, source: Source, source_offset: int, offset: int, length: int) -> None:
        buffer = memoryview(bytearray(min(PIECE_BYTES, length)))
        for done in range(0, length, PIECE_BYTES):
            piece = buffer[: length - done]
            source.read_into(piece, source_offset + done)
            self.write(piece, offset + done)

    def finish(self, sync: bool) -> None:
        """Say that all is written; with `sync`, return only once it is on the disk."""
        try:
            if sync:
                os.fsync(self.fd)
        except OSError as error:
            raise write_fault(self.path, error) from error

    def close(self) -> None:
        os.close(self.fd)


def write_fault(path: str, error: OSError) -> MachineFault:
    """What to say when a write fails."""
    reason = error.strerror or str(error)
    return MachineFault(f"cannot write `{path}`: {reason}", help="make room or choose another place, and build again")

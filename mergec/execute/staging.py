"""The output directory: absent or complete, whatever happens in between."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from mergec.diagnostics import MachineFault, OutputConflict

_HERE = -100
_EXCHANGE = 2
"""`AT_FDCWD` and `RENAME_EXCHANGE` of linux/fs.h."""


@dataclass(frozen=True, slots=True)
class Staging:
    """A directory beside the final one, in which everything is built. No part of either path is a link."""

    directory: str
    final: str


def check_output(final: str, force: bool, inputs: tuple[str, ...]) -> None:
    """Raise OutputConflict if the output cannot be put at `final`, before any work is done."""
    real = os.path.realpath(final)
    for directory in inputs:
        source = os.path.realpath(directory)
        if real == source or real.startswith(source + os.sep):
            raise OutputConflict(
                f"the output `{final}` would lie in an input, `{directory}`", help="choose another directory"
            )
        if source.startswith(real + os.sep) and force:
            raise OutputConflict(
                f"an input, `{directory}`, lies in the output `{final}` that --force would replace",
                help="choose another directory",
            )
    if os.path.lexists(real) and not os.path.isdir(real):
        raise OutputConflict(f"`{final}` is a file", help="choose another name for the output directory")
    found = os.listdir(real) if os.path.isdir(real) else []
    if found and not force:
        raise OutputConflict(f"`{final}` exists and is not empty", help="choose another directory, or say --force")
    if found and "config.json" not in found:
        raise OutputConflict(
            f"`{final}` holds something other than a checkpoint, which --force does not replace",
            help="choose another directory",
        )


def check_disk(final: str, needed_bytes: int) -> None:
    """Raise MachineFault if the disk has not room for the output."""
    parent = _existing_parent(final)
    free = shutil.disk_usage(parent).free
    if free < needed_bytes:
        raise MachineFault(
            f"the output needs {needed_bytes:,} bytes, and `{parent}` has {free:,} free",
            help="make room, or choose a directory on another disk",
        )


def _existing_parent(path: str) -> str:
    parent = os.path.dirname(os.path.realpath(path))
    while not os.path.isdir(parent):
        parent = os.path.dirname(parent)
    return parent


@contextmanager
def open_staging(final: str) -> Iterator[Staging]:
    """A staging directory that is this build's alone; it is removed at the end unless `publish` moved it.

    What an earlier build that was killed left there is removed first. Raises OutputConflict while another runs.
    """
    final = os.path.realpath(final)
    directory = os.path.join(os.path.dirname(final), f".{os.path.basename(final)}.mergec-building")
    with _locked(f"{directory}.lock", final):
        try:
            _recover(f"{directory}.old", final)
            _remove(directory)
            _make(directory, final)
            yield Staging(directory, final)
        finally:
            with suppress(OSError):
                _remove(directory)


def _recover(old: str, final: str) -> None:
    """Put back what a build that was killed had begun to replace."""
    if os.path.lexists(old) and not os.path.lexists(final):
        os.rename(old, final)


def _make(directory: str, final: str) -> None:
    try:
        os.mkdir(directory)
    except OSError as error:
        raise _unwritable(final, error) from error


def _unwritable(final: str, error: OSError) -> MachineFault:
    help = "check the permissions, or choose another directory"
    return MachineFault(f"cannot write beside `{final}`: {error.strerror}", help)


@contextmanager
def _locked(path: str, final: str) -> Iterator[None]:
    """Hold the lock of an output; the file is removed at the end."""
    lock = None
    while lock is None:
        lock = _lock(path, final)
    try:
        yield
    finally:
        os.unlink(path)
        os.close(lock)


def _lock(path: str, final: str) -> int | None:
    """The open and locked file; None if whoever held it removed it meanwhile."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise _unwritable(final, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.exists(path) and os.path.samestat(os.fstat(lock), os.stat(path)):
            return lock
    except OSError as error:
        os.close(lock)
        raise OutputConflict(
            f"another build is making `{final}`", help="wait for it, or choose another name"
        ) from error
    os.close(lock)
    return None


def publish(staging: Staging, force: bool, sync: bool) -> None:
    """Give the finished directory its final name. With `force` what stood there is replaced in one step."""
    if sync:
        _sync_directory(staging.directory)
    try:
        if _is_empty(staging.final):
            os.rename(staging.directory, staging.final)
        elif force:
            _replace(staging)
        else:
            raise OutputConflict(
                f"`{staging.final}` has come to hold files during the build", help="build to another directory"
            )
    except OSError as error:
        raise MachineFault(f"cannot rename the finished output to `{staging.final}`: {error.strerror}") from error
    if sync:
        _sync_directory(os.path.dirname(staging.final))


def _is_empty(path: str) -> bool:
    """Whether a rename to the path would lose nothing: nothing is there, or an empty directory."""
    return not os.path.lexists(path) or (os.path.isdir(path) and not os.listdir(path))


def _replace(staging: Staging) -> None:
    """Exchange the two directories: at once where the system can, else in two steps that are undone on failure."""
    if _exchanged(staging.directory, staging.final):
        return
    old = f"{staging.directory}.old"
    _remove(old)
    os.rename(staging.final, old)
    try:
        os.rename(staging.directory, staging.final)
    except BaseException:
        os.rename(old, staging.final)
        raise
    _remove(old)


def _exchanged(one: str, other: str) -> bool:
    """Whether the system gave each of two paths the name of the other, which Linux does on most file systems."""
    import ctypes

    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    return bool(rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def _sync_directory(directory: str) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

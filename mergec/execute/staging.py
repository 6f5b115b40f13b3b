"""The output directory: absent or complete, whatever happens in between."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mergec.diagnostics import MachineFault, OutputConflict

LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Staging:
    """A directory beside the final one, in which everything is built."""

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
    if os.path.lexists(final) and not os.path.isdir(final):
        raise OutputConflict(f"`{final}` is a file", help="choose another name for the output directory")
    if not force and os.path.isdir(final) and os.listdir(final):
        raise OutputConflict(f"`{final}` exists and is not empty", help="choose another directory, or say --force")


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
    parent = os.path.dirname(os.path.abspath(path))
    while not os.path.isdir(parent):
        parent = os.path.dirname(parent)
    return parent


@contextmanager
def open_staging(final: str) -> Iterator[Staging]:
    """A staging directory that is this build's alone; it is removed at the end unless `publish` moved it.

    What an earlier build that was killed left there is removed first. Raises OutputConflict while another runs.
    """
    final = os.path.abspath(final)
    directory = os.path.join(os.path.dirname(final), f".{os.path.basename(final)}.mergec-building")
    lock = _lock(directory, final)
    try:
        for entry in os.listdir(directory):
            if entry != LOCK:
                _remove(os.path.join(directory, entry))
        yield Staging(directory, final)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os.close(lock)


def _lock(directory: str, final: str) -> int:
    try:
        os.makedirs(directory, exist_ok=True)
        lock = os.open(os.path.join(directory, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise MachineFault(f"cannot write beside `{final}`: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise OutputConflict(
            f"another build is making `{final}`", help="wait for it, or choose another name"
        ) from error
    return lock


def publish(staging: Staging, force: bool, sync: bool) -> None:
    """Give the finished directory its final name. With `force` what stood there is replaced in one step."""
    os.unlink(os.path.join(staging.directory, LOCK))
    if sync:
        _sync_directory(staging.directory)
    old = f"{staging.directory}.old"
    _remove(old)
    try:
        if os.path.isdir(staging.final):
            if not force and os.listdir(staging.final):
                raise OutputConflict(f"`{staging.final}` has come to hold files during the build")
            os.rename(staging.final, old)
        os.rename(staging.directory, staging.final)
    except OSError as error:
        raise MachineFault(f"cannot rename the finished output to `{staging.final}`: {error.strerror}") from error
    if sync:
        _sync_directory(os.path.dirname(staging.final))
    _remove(old)


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

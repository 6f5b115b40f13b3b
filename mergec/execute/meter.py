"""Telling how far a build has come."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


def _nobody(count: int = 0) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Told of every piece of output as it is written, from any thread: its bytes, and whether a tensor is complete."""

    wrote: Callable[[int], None] = _nobody
    finished_tensor: Callable[[], None] = _nobody


class TensorMeter:
    """Counts the bytes of one output tensor, and tells when none is left."""

    def __init__(self, nbytes: int, listener: Listener) -> None:
        self._left = nbytes
        self._listener = listener
        self._lock = threading.Lock()

    def add(self, nbytes: int) -> None:
        """Say that some bytes were written."""
        self._listener.wrote(nbytes)
        with self._lock:
            self._left -= nbytes
            complete = self._left == 0
        if complete:
            self._listener.finished_tensor()

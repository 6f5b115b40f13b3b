"""Joining what pieces amount to, in their order, whichever is done first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class OrderedFold:
    """Joins amounts from the left. Those that come too early wait; the others are let go at once."""

    def __init__(self, join: Callable[[Any, Any], Any]) -> None:
        self._join = join
        self._early: dict[int, Any] = {}
        self._next = 0
        self._lock = threading.Lock()
        self.amount: Any = None

    def add(self, place: int, amount: Any) -> None:
        """Join the amount of the piece at a place, counted from 0."""
        with self._lock:
            self._early[place] = amount
            while self._next in self._early:
                following = self._early.pop(self._next)
                self.amount = following if self._next == 0 else self._join(self.amount, following)
                self._next += 1

"""Timing the parts of a build from outside: around its files and its workspaces, nothing in mergec is changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any
from unittest.mock import patch

from mergec.contract.backend import Backend, Workspace
from mergec.contract.method import Block
from mergec.execute.files import Source, Target
from mergec.plan import Apply, Part, Plan

READING, WRITING = "reading", "writing"
WIDENING, MEASURING, MERGING, ROUNDING, KEEPING = "widening", "measuring", "merging", "rounding", "keeping whole"
CHECKING = "looking for NaN"

OF_FILES: tuple[tuple[type, str, str], ...] = (
    (Source, "read_into", READING),
    (Target, "write", WRITING),
)
OF_WORKSPACES = {
    "load": WIDENING,
    "products": MEASURING,
    "sum": MERGING,
    "sum_rows": MERGING,
    "checked": MERGING,
    "non_finite": CHECKING,
    "finish": ROUNDING,
    "whole": KEEPING,
    "fill": KEEPING,
}


@dataclass(slots=True)
class Spent:
    """Seconds of threads in a part. cpu_s: those in which a processor was at work on it."""

    wall_s: float = 0.0
    cpu_s: float = 0.0


class Clock:
    """Adds up what threads spend in each part. What a part calls that is a part itself counts there alone."""

    def __init__(self) -> None:
        self.spent: dict[str, Spent] = {}
        self._lock = threading.Lock()
        self._inner = threading.local()

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time counted."""

        @wraps(function)
        def run(*arguments: Any, **named: Any) -> Any:
            with self.counted(part):
                return function(*arguments, **named)

        return run

    @contextmanager
    def counted(self, part: str) -> Iterator[None]:
        """Count the time until the end."""
        outside = getattr(self._inner, "spent", (0.0, 0.0))
        self._inner.spent = (0.0, 0.0)
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            yield
        finally:
            wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
            inner = self._inner.spent
            self._inner.spent = (outside[0] + wall, outside[1] + cpu)
            self._add(part, wall - inner[0], cpu - inner[1])

    def _add(self, part: str, wall_s: float, cpu_s: float) -> None:
        with self._lock:
            spent = self.spent.setdefault(part, Spent())
            spent.wall_s += wall_s
            spent.cpu_s += cpu_s


class TimedBackend:
    """A backend whose workspaces are timed."""

    def __init__(self, backend: Backend, clock: Clock, plan: Plan) -> None:
        self._backend = backend
        self._clock = clock
        self._merging = merging_functions(plan)

    def workspace(self, slots: int, elements: int, double: bool) -> Workspace:
        return _timed_workspace(self._backend.workspace(slots, elements, double), self._clock, self._merging)

    def wait(self) -> None:
        self._backend.wait()


def merging_functions(plan: Plan) -> frozenset[int]:
    """Identities of the functions by which methods merge; what else is called measures."""
    applies = [
        n.op.apply if isinstance(n.op, Part) else n.op for n in plan.graph.nodes if isinstance(n.op, Apply | Part)
    ]
    return frozenset(id(function) for apply in applies if (function := getattr(apply.pattern, "apply", None)))


def _timed_workspace(workspace: Workspace, clock: Clock, merging: frozenset[int]) -> Workspace:
    """The same workspace, its methods timed."""
    call = workspace.call

    def timed_call(function: Callable[[Block], Any], block: Block) -> Any:
        with clock.counted(MERGING if id(function) in merging else MEASURING):
            return call(function, block)

    for name, part in OF_WORKSPACES.items():
        setattr(workspace, name, clock.timed(part, getattr(workspace, name)))
    workspace.call = timed_call  # type: ignore[method-assign]
    return workspace


@contextmanager
def timed_files(clock: Clock) -> Iterator[None]:
    """Reads, writes and copies are timed until the end."""
    with ExitStack() as stack:
        for owner, name, part in OF_FILES:
            stack.enter_context(patch.object(owner, name, clock.timed(part, getattr(owner, name))))
        yield

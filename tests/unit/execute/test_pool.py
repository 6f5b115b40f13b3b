"""The pool: every job once, what follows first, and the first error ends it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from mergec.execute.pool import Job, Pool


def pool(workers: int = 1) -> Pool:
    """A pool whose workspaces are nothing."""
    return Pool(lambda: None, workers)  # type: ignore[arg-type,return-value]


def noting(seen: list[Any], name: Any, following: Sequence[Job] = ()) -> Job:
    def work(_: object) -> Sequence[Job]:
        seen.append(name)
        return following

    return Job(work)


def failing(error: BaseException) -> Job:
    def work(_: object) -> Sequence[Job]:
        raise error

    return Job(work)


@pytest.mark.parametrize("workers", [1, 3, 16])
def test_every_job_runs_once(workers: int) -> None:
    seen: list[Any] = []
    pool(workers).run([noting(seen, i, [noting(seen, (i, j)) for j in range(3)]) for i in range(50)])
    assert sorted(s for s in seen if isinstance(s, int)) == list(range(50))
    assert sorted(s for s in seen if isinstance(s, tuple)) == [(i, j) for i in range(50) for j in range(3)]


def test_what_a_job_makes_possible_runs_before_what_waits() -> None:
    seen: list[Any] = []
    pool().run([noting(seen, "a", [noting(seen, "a1", [noting(seen, "a11")]), noting(seen, "a2")]), noting(seen, "b")])
    assert seen == ["a", "a1", "a11", "a2", "b"]


def test_nothing_to_do_is_done_at_once() -> None:
    pool(4).run([])


@pytest.mark.parametrize("workers", [1, 4])
def test_an_error_reaches_the_caller_and_stops_the_rest(workers: int) -> None:
    seen: list[Any] = []
    jobs = [noting(seen, 0), failing(ValueError("of a job")), *(noting(seen, i) for i in range(1, 10_000))]
    with pytest.raises(ValueError, match="of a job"):
        pool(workers).run(jobs)
    assert len(seen) < 9_999


def test_the_first_error_counts() -> None:
    first_failed = threading.Event()

    def slow(_: object) -> Sequence[Job]:
        first_failed.wait(5)
        raise ValueError("second")

    def fast(_: object) -> Sequence[Job]:
        try:
            raise KeyError("first")
        finally:
            threading.Timer(0.05, first_failed.set).start()

    with pytest.raises(KeyError, match="first"):
        pool(2).run([Job(slow), Job(fast)])


def test_a_worker_that_waits_is_woken_by_an_error() -> None:
    with pytest.raises(ValueError, match="late"):
        pool(8).run([Job(lambda _: [failing(ValueError("late"))])])


def test_a_workspace_that_cannot_be_made_is_an_error() -> None:
    def fail() -> Any:
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        Pool(fail, 2).run([Job(lambda _: ())])


def test_an_interrupt_of_the_caller_stops_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    join, calls = threading.Thread.join, []

    def interrupted(self: threading.Thread, timeout: float | None = None) -> None:
        calls.append(timeout)
        if len(calls) == 1:
            raise KeyboardInterrupt
        join(self, timeout)

    def endless(_: object) -> Sequence[Job]:
        seen.append(0)
        return [Job(endless)]

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pool(2).run([Job(endless)])
    count = len(seen)
    assert threading.active_count() < 50
    assert len(seen) == count


def test_an_interrupt_while_the_workers_start_stops_those_that_have(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def interrupted(self: threading.Thread) -> None:
        if len(started) == 2:
            raise KeyboardInterrupt
        started.append(self)
        start(self)

    def endless(_: object) -> Sequence[Job]:
        return [Job(endless)]

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pool(4).run([Job(endless), Job(endless)])
    assert [thread.is_alive() for thread in started] == [False, False]

"""Worker threads over a queue of jobs, where a job may leave further jobs behind."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from mergec.contract.backend import Workspace

Work = Callable[[Workspace], "Sequence[Job]"]


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work. `work` returns the jobs that it makes possible; they run before anything that waits.

    held_bytes: memory that it takes beside its workspace, from its beginning to its end.
    read_ahead: tells the system what the job will read, a little before it runs. computes: it needs its workspace; for
    jobs that do not, none is made.
    """

    work: Work
    held_bytes: int = 0
    read_ahead: Callable[[], None] | None = None
    computes: bool = True


class Worker:
    """Does one job after another, with one workspace, which is made for the first that needs it."""

    def __init__(self, make_workspace: Callable[[], Workspace]) -> None:
        self._make_workspace = make_workspace
        self._workspace: Workspace | None = None

    def do(self, job: Job, following: Job | None) -> Sequence[Job]:
        """Do a job, after telling the system what the following one will read. Returns what the job makes possible."""
        if following is not None and following.read_ahead is not None:
            following.read_ahead()
        if self._workspace is None and job.computes:
            self._workspace = self._make_workspace()
        return job.work(cast(Workspace, self._workspace))


class Pool:
    """Runs jobs on a number of threads until none is left or one fails.

    Jobs that hold memory run only while all that run hold no more than `whole_bytes` together.
    """

    def __init__(self, make_workspace: Callable[[], Workspace], workers: int, whole_bytes: int = 0) -> None:
        self._make_workspace = make_workspace
        self._workers = workers
        self._free_bytes = whole_bytes
        self._waiting: deque[Job] = deque()
        self._running = 0
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def run(self, jobs: Iterable[Job]) -> None:
        """Run the jobs and all that follow from them. Raises what the first failing job raised."""
        self._waiting.extend(jobs)
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self._workers)]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.2)
        except BaseException as error:
            self._stop(error)
            for thread in threads:
                if thread.is_alive():  # one that is not yet alive finds the error before any job
                    thread.join()
            raise
        if self._error is not None:
            raise self._error

    def _stop(self, error: BaseException) -> None:
        with self._changed:
            self._error = self._error or error
            self._changed.notify_all()

    def _work(self) -> None:
        try:
            worker = Worker(self._make_workspace)
            while (job := self._next()) is not None:
                self._done(job, worker.do(job, self._following()))
        except BaseException as error:
            self._stop(error)

    def _next(self) -> Job | None:
        with self._changed:
            while True:
                if self._error is not None or not (self._waiting or self._running):
                    return None
                job = self._first_that_fits()
                if job is not None:
                    self._running += 1
                    self._free_bytes -= job.held_bytes
                    return job
                self._changed.wait()

    def _first_that_fits(self) -> Job | None:
        for place, job in enumerate(self._waiting):
            if job.held_bytes <= self._free_bytes or not (job.held_bytes and self._running):
                del self._waiting[place]
                return job
        return None

    def _following(self) -> Job | None:
        """The job that a worker will come to when those that run now are done."""
        with self._changed:
            place = self._workers - 1
            return self._waiting[place] if place < len(self._waiting) else None

    def _done(self, job: Job, following: Sequence[Job]) -> None:
        with self._changed:
            self._running -= 1
            self._free_bytes += job.held_bytes
            self._waiting.extendleft(reversed(following))
            self._changed.notify_all()

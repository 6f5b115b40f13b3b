"""Worker threads over a queue of jobs, where a job may leave further jobs behind."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mergec.contract.backend import Workspace

Work = Callable[[Workspace], "Sequence[Job]"]


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work. `work` returns the jobs that it makes possible; they run before anything that waits."""

    work: Work


class Pool:
    """Runs jobs on a number of threads until none is left or one fails."""

    def __init__(self, make_workspace: Callable[[], Workspace], workers: int) -> None:
        self._make_workspace = make_workspace
        self._workers = workers
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
            workspace = self._make_workspace()
            while (job := self._next()) is not None:
                self._done(job.work(workspace))
        except BaseException as error:
            self._stop(error)

    def _next(self) -> Job | None:
        with self._changed:
            while not self._waiting and self._running and self._error is None:
                self._changed.wait()
            if self._error is not None or not self._waiting:
                return None
            self._running += 1
            return self._waiting.popleft()

    def _done(self, following: Sequence[Job]) -> None:
        with self._changed:
            self._running -= 1
            self._waiting.extendleft(reversed(following))
            self._changed.notify_all()

"""Worker processes, for builds of many tensors.

Threads hand the interpreter to each other between any two operations on a block, which costs them a sixth of a build on
two cores and more on many. Forked processes have one each, and share what is imported and planned.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, cast

from mergec.contract.backend import Workspace
from mergec.diagnostics import MachineFault
from mergec.execute.meter import Listener
from mergec.execute.pool import Job, Worker

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

LEAVE = -1
"""What a process is told in place of a share's number: no share is left."""

TELL_BYTES = 1 << 25
"""How much a process writes before it says so: whoever listens takes the time of one that works."""

_PARENT_DEATH_SIGNAL = 1
"""`PR_SET_PDEATHSIG` of Linux's prctl.h."""

_HEEDED = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)


class Told(Exception):
    """What went wrong in a worker process, and where, as text."""


class Progress(NamedTuple):
    """What a process has done since it last said so. done: its share is complete."""

    nbytes: int
    tensors: int
    done: bool


class Failure(NamedTuple):
    """What a job raised in a process, and where, as text."""

    error: BaseException
    where: str


class Relay:
    """Tells a listener how far a build has come; in a worker process, by way of the one that started it."""

    def __init__(self, listener: Listener) -> None:
        self._told = listener
        self._nbytes = 0
        self._tensors = 0
        self.wire: Connection[Any, Any] | None = None
        self.listener = Listener(self._wrote, self._finished_tensor)

    def hear(self, said: Progress) -> None:
        """Tell the listener what a process said."""
        self._told.wrote(said.nbytes)
        for _ in range(said.tensors):
            self._told.finished_tensor()

    def say(self, done: bool) -> None:
        """Say, in a process, what was not yet said."""
        assert self.wire is not None
        self.wire.send(Progress(self._nbytes, self._tensors, done))
        self._nbytes = self._tensors = 0

    def _wrote(self, nbytes: int) -> None:
        if self.wire is None:
            self._told.wrote(nbytes)
            return
        self._nbytes += nbytes
        if self._nbytes >= TELL_BYTES:
            self.say(False)

    def _finished_tensor(self) -> None:
        if self.wire is None:
            self._told.finished_tensor()
        else:
            self._tensors += 1


class Crew:
    """Runs shares of jobs, each share in one process from its first job to what follows from its last."""

    def __init__(self, make_workspace: Callable[[], Workspace], workers: int, relay: Relay) -> None:
        self._make_workspace = make_workspace
        self._workers = workers
        self._relay = relay
        self._left = 0
        self._crew: dict[Connection[Any, Any], BaseProcess] = {}

    @staticmethod
    def can_work() -> bool:
        """Whether processes can be forked here without harm: elsewhere system libraries do not allow it."""
        return sys.platform == "linux"

    def run(self, shares: Sequence[Sequence[Job]]) -> None:
        """Run all shares. Raises what the first failing job raised, and MachineFault where a process is ended."""
        from multiprocessing.connection import wait

        waiting = deque(range(len(shares)))
        self._left = len(shares)
        try:
            for _ in range(min(self._workers, len(shares))):
                self._hire(shares)
            for wire in (*self._crew, *self._crew):  # one share at hand while another is done
                self._hand(wire, waiting)
            while self._crew:
                for ready in wait(list(self._crew)):
                    self._hear(cast("Connection[Any, Any]", ready), waiting)
        except BaseException:
            for process in self._crew.values():
                process.kill()
            raise
        finally:
            for process in self._crew.values():
                process.join()

    def _hire(self, shares: Sequence[Sequence[Job]]) -> None:
        import multiprocessing

        context = multiprocessing.get_context("fork")
        mine, theirs = context.Pipe()
        process = context.Process(target=self._labour, args=(theirs, shares), daemon=True)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _HEEDED)  # until the process has decided what to do with them
        try:
            process.start()
            theirs.close()
            self._crew[mine] = process
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _hand(self, wire: Connection[Any, Any], waiting: deque[int]) -> None:
        with suppress(BrokenPipeError):  # whoever has ended is missed when it is listened to
            wire.send(waiting.popleft() if waiting else LEAVE)

    def _hear(self, wire: Connection[Any, Any], waiting: deque[int]) -> None:
        try:
            said = wire.recv()
        except (EOFError, ConnectionResetError):
            self._miss(wire)
            return
        if isinstance(said, Failure):
            raise said.error from Told(said.where)
        self._relay.hear(said)
        if said.done:
            self._left -= 1
            self._hand(wire, waiting)

    def _miss(self, wire: Connection[Any, Any]) -> None:
        """A process has ended. Raises MachineFault if it was not told to."""
        process = self._crew.pop(wire)
        process.join()
        wire.close()
        if process.exitcode or (self._left and not self._crew):
            number = -(process.exitcode or 0)
            how = signal.Signals(number).name if number > 0 else f"code {process.exitcode}"
            raise MachineFault(
                f"a worker process was ended ({how})",
                help="if the machine ran out of memory, allow the build less at a time, with --memory or --threads",
            )

    def _labour(self, wire: Connection[Any, Any], shares: Sequence[Sequence[Job]]) -> NoReturn:
        """What a process does: shares, until there is none. Nothing of the process it was forked from is tidied up."""
        code = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells all; the process that hired this decides
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEEDED)
            with suppress(AttributeError, OSError):
                ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
            self._relay.wire = wire
            self._work_through(wire, shares)
            code = 0
        finally:
            os._exit(code)

    def _work_through(self, wire: Connection[Any, Any], shares: Sequence[Sequence[Job]]) -> None:
        worker = Worker(self._make_workspace)
        try:
            while (number := wire.recv()) != LEAVE:
                self._do(shares[number], worker)
                self._relay.say(done=True)
        except BaseException as error:
            wire.send(Failure(_portable(error), "".join(traceback.format_exception(error))))
            raise

    def _do(self, share: Sequence[Job], worker: Worker) -> None:
        waiting = deque(share)
        while waiting:
            job = waiting.popleft()
            waiting.extendleft(reversed(worker.do(job, waiting[0] if waiting else None)))


def _portable(error: BaseException) -> BaseException:
    """The error, or one that says as much where it cannot be told to another process."""
    with suppress(Exception):
        if type(pickle.loads(pickle.dumps(error))) is type(error):
            return error
    return RuntimeError(f"{type(error).__name__}: {error}")

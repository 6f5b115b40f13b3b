"""The crew: every share once, the listener told, and the first error or lost process ends it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mergec.diagnostics import CheckFailed, MachineFault
from mergec.execute.crew import TELL_BYTES, Crew, Relay
from mergec.execute.meter import Listener
from mergec.execute.pool import Job

pytestmark = pytest.mark.skipif(not Crew.can_work(), reason="processes cannot be forked here")


class Odd(Exception):
    """An error that cannot be told to another process."""

    def __init__(self, one: str, two: Callable[[], None]) -> None:
        super().__init__(one)
        self.two = two


def crew(workers: int, listener: Listener = Listener()) -> tuple[Crew, Relay]:  # noqa: B008
    """A crew whose workspaces are the number of the process."""
    relay = Relay(listener)
    return Crew(lambda: os.getpid(), workers, relay), relay  # type: ignore[arg-type,return-value]


def noting(path: Path, following: Sequence[Job] = ()) -> Job:
    def work(workspace: Any) -> Sequence[Job]:
        assert workspace == os.getpid()
        with path.open("a") as file:
            file.write("+")
        return following

    return Job(work)


def doing(what: Callable[[], Any]) -> Job:
    def work(_: object) -> Sequence[Job]:
        what()
        return ()

    return Job(work)


def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(("workers", "shares"), [(1, 5), (3, 2), (4, 60)])
def test_every_job_runs_once(workers: int, shares: int, tmp_path: Path) -> None:
    jobs = [[noting(tmp_path / f"{s}.{j}", [noting(tmp_path / f"{s}.{j}.0")]) for j in range(3)] for s in range(shares)]
    crew(workers)[0].run(jobs)
    wanted = {f"{s}.{j}{rest}" for s in range(shares) for j in range(3) for rest in ("", ".0")}
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == dict.fromkeys(wanted, "+")


def test_what_a_job_makes_possible_runs_before_what_waits(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def note(name: str, following: Sequence[Job] = ()) -> Job:
        def work(_: object) -> Sequence[Job]:
            with log.open("a") as file:
                file.write(name + " ")
            return following

        return Job(work)

    crew(2)[0].run([[note("a", [note("a1", [note("a11")]), note("a2")]), note("b")]])
    assert log.read_text().split() == ["a", "a1", "a11", "a2", "b"]


def test_the_listener_is_told() -> None:
    wrote: list[int] = []
    finished: list[bool] = []
    hands, relay = crew(3, Listener(wrote.append, lambda: finished.append(True)))

    def tell() -> None:
        relay.listener.wrote(0)
        relay.listener.wrote(1000)
        relay.listener.finished_tensor()

    hands.run([[doing(tell), doing(tell)] for _ in range(20)])
    assert wrote == [2000] * 20, "what is little is told with the end of a share"
    assert len(finished) == 40


def test_the_listener_is_told_of_much_before_a_share_is_done(tmp_path: Path) -> None:
    told = tmp_path / "told"

    def wait() -> None:
        while not told.exists():
            time.sleep(0.01)

    hands, relay = crew(1, Listener(lambda nbytes: told.touch() if nbytes == TELL_BYTES else None))
    hands.run([[doing(lambda: relay.listener.wrote(TELL_BYTES)), doing(wait)]])


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_reaches_the_caller_and_stops_the_rest(workers: int, tmp_path: Path) -> None:
    failing = doing(lambda: fail(CheckFailed("of a job", help="look there")))
    with pytest.raises(CheckFailed, match="of a job") as raised:
        crew(workers)[0].run([[failing], *([noting(tmp_path / str(i))] for i in range(10_000))])
    assert raised.value.help == "look there"
    assert "Traceback" in str(raised.value.__cause__)
    assert len(list(tmp_path.iterdir())) < 10_000


def test_an_error_that_cannot_be_told_is_told_as_text() -> None:
    with pytest.raises(RuntimeError, match="Odd: strange"):
        crew(1)[0].run([[doing(lambda: fail(Odd("strange", lambda: None)))]])


def test_a_process_that_is_lost_is_missed() -> None:
    with pytest.raises(MachineFault, match=r"ended \(SIGKILL\)"):
        crew(2)[0].run([[doing(lambda: os.kill(os.getpid(), signal.SIGKILL))]] * 3)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_process_that_leaves_its_work_is_missed_though_it_says_that_all_is_well(workers: int) -> None:
    with pytest.raises(MachineFault, match=r"ended \(code 0\)"):
        crew(workers)[0].run([[doing(lambda: os._exit(0))], *([doing(lambda: None)] for _ in range(5))])


def test_nobody_is_left_when_the_caller_fails() -> None:
    hands, relay = crew(2, Listener(lambda nbytes: fail(KeyError("of the listener"))))
    before = children()
    with pytest.raises(KeyError, match="of the listener"):
        hands.run([[doing(lambda: relay.listener.wrote(TELL_BYTES)), doing(signal.pause)]] * 2)
    assert children() == before


def children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()

"""A build that is cut short leaves nothing under the final name, and the next one succeeds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from mergec.execute.staging import _exchanged
from tests.support.command import environment, run_mergec

SLOW = (sys.executable, "-m", "tests.support.slow")
ROOT = Path(__file__).parents[2]


@contextmanager
def slow_build(
    demo: Path, out: Path, *options: str, gate: Path | str = "", processes: int = 0
) -> Iterator[subprocess.Popen[str]]:
    """A build of the demo that has begun to write weights; it goes on once the gate exists, if there is one.

    processes: how many make it, beside the one that starts them; 0 for one thread.
    """
    command = [*SLOW, "build", str(demo / "recipe.merge"), str(out), "--threads", str(processes or 1), *options]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(MERGEC_TEST_GATE=str(gate), MERGEC_TEST_PROCESSES="yes" if processes else ""),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_again,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n", process.communicate()[1]
        yield process
    finally:
        process.kill()
        process.communicate()


def heed_again() -> None:
    """Tests that run in the background may have been told to ignore signals, and their children with them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def digest(out: Path) -> str:
    return sha256(out.joinpath("model.safetensors").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def built(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a build gives that is left alone."""
    folder = tmp_path_factory.mktemp("built")
    done = run_mergec("build", demo / "recipe.merge", "out", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert names(folder) == ["out"]
    return folder / "out"


@pytest.mark.parametrize("processes", [0, 3])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_build_in_order(number: signal.Signals, processes: int, demo: Path, tmp_path: Path) -> None:
    with slow_build(demo, tmp_path / "out", processes=processes) as process:
        assert names(tmp_path) == [".out.mergec-building", ".out.mergec-building.lock"]
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert said == "interrupted; nothing was written under the final name\n"
    assert names(tmp_path) == []


@pytest.mark.parametrize("processes", [0, 3])
def test_after_a_kill_the_next_build_succeeds(processes: int, demo: Path, built: Path, tmp_path: Path) -> None:
    with slow_build(demo, tmp_path / "out", processes=processes) as process:
        process.kill()
        process.communicate(timeout=20)  # ends once no worker has the streams
    assert names(tmp_path) == [".out.mergec-building", ".out.mergec-building.lock"]
    assert run_mergec("build", demo / "recipe.merge", "out", cwd=tmp_path).returncode == 0
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == names(built)
    assert digest(tmp_path / "out") == digest(built)


def test_a_worker_that_is_killed_ends_the_build(demo: Path, tmp_path: Path) -> None:
    with slow_build(demo, tmp_path / "out", gate=tmp_path / "never", processes=2) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 2
        os.kill(int(children[0]), signal.SIGKILL)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 3
    assert said.startswith("error: a worker process was ended (SIGKILL)\n")
    assert names(tmp_path) == []


def test_a_second_build_is_refused_and_does_the_first_no_harm(demo: Path, built: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with slow_build(demo, tmp_path / "out", gate=gate) as first:
        second = run_mergec("build", demo / "recipe.merge", "out", cwd=tmp_path)
        assert (second.returncode, second.stdout) == (4, "")
        assert "another build is making" in second.stderr
        gate.touch()
        first.communicate(timeout=60)
    assert first.returncode == 0
    assert names(tmp_path) == ["gate", "out"]
    assert digest(tmp_path / "out") == digest(built)


def test_force_keeps_the_old_output_until_the_new_one_is_whole(demo: Path, tmp_path: Path) -> None:
    for one in ("a", "b"):
        tmp_path.joinpath(one).mkdir()
    old = tmp_path / "out"
    old.mkdir()
    old.joinpath("config.json").write_text("old")
    with slow_build(demo, old, "--force") as process:
        assert old.joinpath("config.json").read_text() == "old"
        process.kill()
    assert names(old) == ["config.json"]
    at_once = _exchanged(str(tmp_path / "a"), str(tmp_path / "b"))
    with slow_build(demo, old, "--force") as process:
        missing = 0
        while process.poll() is None:
            missing += not old.joinpath("config.json").exists()
    assert process.returncode == 0
    assert old.joinpath("config.json").read_text() != "old"
    assert missing == 0 or not at_once
    assert names(tmp_path) == ["a", "b", "out"]

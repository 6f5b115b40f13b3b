"""Exit codes are a contract: other people's scripts depend on them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from mergec import __version__
from tests.support.command import COMMAND, environment, run_here, run_mergec
from tests.support.merges import read_model

BUG = """
import sys
import mergec.execute
from mergec.cli.app import main

def fail(*arguments, **named):
    raise IndexError("tuple index out of range")

sys.modules["mergec.execute.run"].write_weights = fail
main()
"""


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_0_what_a_build_leaves(demo: Path, tmp_path: Path) -> None:
    done = run_mergec("build", demo / "recipe.merge", "deep/out", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("built deep/out: 57 tensors, 655 kB in ")
    assert names(tmp_path / "deep") == ["out"]
    out = tmp_path / "deep" / "out"
    assert {"config.json", "model.safetensors", "mergec.lock.json", "README.md", "recipe.merge"} <= set(names(out))
    assert json.loads(out.joinpath("mergec.lock.json").read_text())["mergec"] == __version__
    for name in names(out):
        assert str(demo).encode() not in out.joinpath(name).read_bytes(), name


def test_0_quiet_says_nothing(demo: Path, tmp_path: Path) -> None:
    done = run_mergec(
        "build", demo / "recipe.yaml", "out", "--quiet", "--no-sync", "--shard-size", "200kB", cwd=tmp_path
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "model.safetensors.index.json" in names(tmp_path / "out")
    assert len(read_model(tmp_path / "out")) == 57


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain",),
        ("explain", "recipe.merge", "--no-such-option"),
        ("explain", "recipe.merge", "--format", "xml"),
        ("build", "recipe.merge"),
        ("build", "recipe.merge", "out", "--threads", "0"),
        ("no-such-command",),
        ("methods", "slerp", "lerp"),
    ],
)
def test_2_usage(arguments: tuple[str, ...], demo: Path) -> None:
    done = run_here(*arguments, cwd=demo)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage" in done.stderr
    assert "Traceback" not in done.stderr


def test_3_the_machine_refuses(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 1000, 1000))
    for options in ((), ("--dry-run",)):
        done = run_here("build", str(demo / "recipe.merge"), "out", *options, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (3, "")
        assert "error: the output needs" in done.stderr
        assert "has 1,000 free" in done.stderr
        assert "help: make room" in done.stderr
    assert names(tmp_path) == []


def test_3_a_full_disk_behind_a_result(demo: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, "explain", "recipe.merge"], cwd=demo, env=environment(), stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 3
    assert done.stderr == b"error: No space left on device\n"


def test_3_an_output_beside_which_nothing_can_be_written(demo: Path, tmp_path: Path) -> None:
    done = run_mergec("build", demo / "recipe.merge", "/proc/out", cwd=tmp_path)
    assert done.returncode == 3
    assert "/proc" in done.stderr
    assert "Traceback" not in done.stderr


def test_4_the_output_exists(demo: Path, tmp_path: Path) -> None:
    tmp_path.joinpath("out").mkdir()
    tmp_path.joinpath("out", "mine.txt").touch()
    tmp_path.joinpath("file").touch()
    for out, options, words in (
        ("out", (), "say --force"),
        ("out", ("--dry-run",), "say --force"),
        ("file", ("--force",), "`file` is a file"),
        (str(demo / "base"), ("--force",), "would lie in an input"),
        (str(demo / "base" / "deep"), (), "would lie in an input"),
        (str(demo), ("--force",), "lies in the output"),
    ):
        done = run_here("build", str(demo / "recipe.merge"), out, *options, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (4, "")
        assert words in done.stderr
    assert names(tmp_path / "out") == ["mine.txt"]


def test_5_a_result_that_is_not_finite(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "demo")
    weights = tmp_path / "demo" / "tuned" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    first = 8 + int.from_bytes(data[:8], "little") + header["lm_head.weight"]["data_offsets"][0]
    data[first : first + 2] = b"\xc0\x7f"
    weights.write_bytes(data)
    done = run_mergec("build", "demo/recipe.merge", "out", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (5, "")
    assert "`lm_head.weight` came out with" in done.stderr
    assert "help: an input holds NaN" in done.stderr
    assert names(tmp_path) == ["demo"]


@pytest.mark.parametrize(
    "merge",
    [
        "multislerp(base, tuned) { weight = 1e39 tuned.weight = 1 normalize_weights = false }",
        "linear(base, tuned) { weight = 1 tuned.weight = 1e39 normalize = false }",
        "lerp(base, tuned) { t = 1e39 }",
    ],
)
def test_5_a_coefficient_beyond_float32(merge: str, demo: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.merge"
    recipe.write_text(f'model base = "{demo}/base"\nmodel tuned = "{demo}/tuned"\nmerge m = {merge}\noutput m\n')
    done = run_mergec("build", recipe, "out", cwd=tmp_path)
    assert done.returncode == 5, done.stderr
    assert "not finite numbers" in done.stderr
    assert not tmp_path.joinpath("out").exists()


def test_70_a_bug_says_so(demo: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", BUG, "build", str(demo / "recipe.merge"), "out"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert done.returncode == 70
    said = done.stderr.splitlines()
    assert said[0] == f"this is a bug in mergec {__version__}: IndexError: tuple index out of range"
    assert said[1].startswith("plan ")
    assert len(said[1]) == len("plan ") + 64
    assert "MERGEC_DEBUG=1" in said[2]
    assert len(said) == 3
    assert names(tmp_path) == []
    done = subprocess.run(command, cwd=tmp_path, env=environment(MERGEC_DEBUG="1"), capture_output=True, text=True)
    assert "Traceback" in done.stderr
    assert names(tmp_path) == []

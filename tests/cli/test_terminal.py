"""How things are drawn: on terminals of several widths, in pipes, without colour, in narrow encodings."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from mergec.plan.explain.tmap import BARS, BARS_ASCII
from tests.support.command import COMMAND, environment, run_mergec
from tests.support.terminal import plain, run_in_terminal
from tests.support.tiny import write_tiny

V_SHAPED = """
model base = "base"
model tuned = "tuned"
merge blend = lerp(base, tuned) {
  t      = 0.5
  t[mlp] = curve(1, 0, 1)
}
"""


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models of 32 layers, and a recipe whose MLPs go down and up again."""
    folder = tmp_path_factory.mktemp("deep")
    for name in ("base", "tuned"):
        write_tiny(folder / name, "llama layers=32")
    folder.joinpath("v.merge").write_text(V_SHAPED)
    folder.joinpath("wrong.merge").write_text(V_SHAPED.replace("tuned)", "tunde)"))
    return folder


def heights(text: str, label: str, bars: str = BARS) -> list[int]:
    """The bars of a row of a t-map, 0 the lowest."""
    row = next(line for line in text.splitlines() if line.strip().startswith(label) and set(line) & set(bars[1:]))
    cells = row.strip().removeprefix(label).split()[0]
    return [bars.index(cell) for cell in cells]


def is_v(cells: list[int]) -> bool:
    """Whether bars fall from the top to the bottom, and then rise to the top again."""
    low = cells.index(min(cells))
    falls = all(a >= b for a, b in pairwise(cells[: low + 1]))
    rises = all(a <= b for a, b in pairwise(cells[low:]))
    return falls and rises and cells[0] == cells[-1] == 7 and min(cells) == 0


@pytest.mark.parametrize(("columns", "cells"), [(80, 32), (160, 96), (60, 18)])
def test_a_v_looks_like_a_v_in_a_terminal(columns: int, cells: int, deep: Path) -> None:
    code, drawn = run_in_terminal("explain", "v.merge", columns=columns, cwd=deep)
    assert code == 0
    assert "\x1b[38;5;" in drawn
    found = heights(plain(drawn), "mlp.*")
    assert is_v(found)
    assert len(found) == cells
    _, _, drawing = plain(drawn).partition("\n\n")
    assert max(map(len, drawing.splitlines())) <= columns


def test_a_pipe_and_no_color_give_plain_text(deep: Path) -> None:
    piped = run_mergec("explain", "v.merge", cwd=deep)
    assert piped.returncode == 0
    assert "\x1b" not in piped.stdout
    assert is_v(heights(piped.stdout, "mlp.*"))
    for env in ({"NO_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in run_in_terminal("explain", "v.merge", columns=100, cwd=deep, env=env)[1]
    forced = run_mergec("explain", "v.merge", cwd=deep, env={"FORCE_COLOR": "1"})
    assert plain(forced.stdout) == piped.stdout != forced.stdout


def test_diagnostics_have_colours_on_a_terminal_only(deep: Path) -> None:
    code, drawn = run_in_terminal("explain", "wrong.merge", columns=80, cwd=deep)
    assert code == 1
    assert "\x1b[1;31merror" in drawn
    piped = run_mergec("explain", "wrong.merge", cwd=deep)
    assert piped.stdout == ""
    assert piped.stderr == plain(drawn)


def test_a_progress_bar_on_a_terminal_only(demo: Path, tmp_path: Path) -> None:
    slow = (sys.executable, "-m", "tests.support.slow")
    arguments = ["build", str(demo / "recipe.merge"), "--threads", "1"]
    root = Path(__file__).parents[2]
    code, drawn = run_in_terminal(*arguments, str(tmp_path / "a"), columns=120, cwd=root, command=slow)
    assert code == 0
    assert "building" in drawn
    assert "/57 tensors" in plain(drawn)
    assert plain(drawn).rstrip().splitlines()[-1].startswith("built ")
    code, drawn = run_in_terminal(*arguments, str(tmp_path / "b"), "--quiet", columns=120, cwd=root)
    assert (code, drawn) == (0, "")
    piped = run_mergec(*arguments, tmp_path / "c", cwd=root)
    assert piped.stdout == ""
    assert len(piped.stderr.splitlines()) == 1


def test_narrow_encodings_do_no_harm(deep: Path) -> None:
    deep.joinpath("é.merge").write_text(V_SHAPED.replace("base =", "base  =") + "# é\n", encoding="utf-8")
    for env in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}):
        done = run_mergec("explain", "é.merge", cwd=deep, env=env)
        assert done.returncode == 0, done.stderr
        assert done.stdout.isascii()
        assert is_v(heights(done.stdout, "mlp.*", BARS_ASCII))
        wrong = run_mergec("check", "é-is-not-there.merge", cwd=deep, env=env)
        assert wrong.returncode == 1
        assert "Traceback" not in wrong.stderr


def test_a_reader_that_has_enough_is_no_error(deep: Path) -> None:
    command = " ".join([*COMMAND, "explain", "v.merge", "-v", "|", "head", "-1"])
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], cwd=deep, env=environment(), capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"\n") == 1


def test_closed_streams_are_no_error(deep: Path) -> None:
    command = " ".join([*COMMAND, "explain"])
    for arguments, code in (("v.merge >&-", 0), ("wrong.merge 2>&-", 1), ("wrong.merge >&- 2>&-", 1)):
        done = subprocess.run(
            ["bash", "-c", f"{command} {arguments}"], cwd=deep, env=environment(), capture_output=True
        )
        assert (done.returncode, done.stderr) == (code, b"")

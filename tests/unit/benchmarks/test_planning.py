"""The planning benchmark on a few tensors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mergec.diagnostics import Report, Source
from mergec.driver import Request, compile_recipe
from tests.benchmarks import planning


def test_as_many_tensors_as_are_promised() -> None:
    assert len(list(planning.shapes(64, 512))) == 98_755
    names = [name for name, _ in planning.shapes(3, 4)]
    assert len(set(names)) == len(names) == 3 + 3 * (7 + 3 * 4)


def test_every_recipe_uses_every_tensor(tmp_path: Path) -> None:
    count = planning.write_models(tmp_path, 2, 3)
    recipes = dict(planning.write_recipes(tmp_path))
    assert list(recipes) == ["linear", "task_arithmetic", "ties"]
    for method, path in recipes.items():
        report = Report()
        plan = compile_recipe(Source(str(path), path.read_text()), Request(str(tmp_path)), report).plan
        assert not report.diagnostics
        assert len(plan.assignments) == count
        assert {a.method and a.method.name for a in plan.assignments} == {method}


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    planning.main(["--layers=1", "--experts=2", "--runs=1"])
    rows = capsys.readouterr().out.splitlines()[4:]
    assert [row.split("|")[1].split(",")[0].strip() for row in rows] == ["build --dry-run"] * 3 + [
        "--help",
        "--version",
    ]
    assert all(re.search(r"\| \d+\.\d\d \| \d+\.\d\d–\d+\.\d\d \| \d+ \|$", row) for row in rows)

"""Merges named after one another in any number, and in one another to a limit."""

from __future__ import annotations

from pathlib import Path

import pytest

from mergec.recipe import Stack
from tests.support.compiling import compile_text
from tests.support.finding import findings
from tests.support.tiny import write_tiny

STEPS = ["merge m0 = stack(a[0..2])", *(f"merge m{i} = stack(m{i - 1})" for i in range(1, 400))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tiny(tmp_path / "a", "llama")
    return tmp_path


def test_stacks_of_stacks_are_one_stack(folder: Path) -> None:
    text = 'model a = "a"\nmerge m = stack(stack(a[0..1], a[2..3]), stack(stack(a[1..2]), a[3..4]))'
    flat = 'model a = "a"\nmerge m = stack(a[0..1], a[2..3], a[1..2], a[3..4])'
    plan = compile_text(folder, text, "merge").plan
    assert isinstance(plan.recipe.root, Stack)
    assert plan.digest == compile_text(folder, flat, "merge").plan.digest
    assert [type(part).__name__ for part in plan.recipe.root.parts] == ["ModelUse"] * 4


def test_merges_that_follow_one_another(folder: Path) -> None:
    text = "\n".join(['model a = "a"', *STEPS, "output m399"])
    assert findings(folder, text, "merge") == []


def test_merges_that_are_named_before_they_are_known(folder: Path) -> None:
    text = "\n".join(['model a = "a"', *reversed(STEPS), "output m399"])
    (found,) = findings(folder, text, "merge")
    assert found.startswith("error too-complex ")


def test_a_stack_in_which_a_part_is_wrong(folder: Path) -> None:
    text = 'model a = "a"\nmerge m = stack(stack(a[0..1], a[1..2]), b)'
    assert findings(folder, text, "merge") == ["error unknown-name b"]

"""A method that takes one input alone as it is: the merge stays, and what is said of it still counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from mergec.plan import Blend, Copy
from tests.support.compiling import compile_text
from tests.support.finding import findings
from tests.support.tiny import write_tiny

SLICES = """
merge_method: slerp
base_model: b
slices:
  - sources: [{model: a, layer_range: [0, 2]}]
  - sources: [{model: b, layer_range: [2, 4]}]
parameters: {t: 0.3}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tiny(tmp_path / "a", "llama")
    write_tiny(tmp_path / "b", "llama")
    return tmp_path


def test_rules_for_another_method_hold(folder: Path) -> None:
    text = 'model a = "a"\nmerge m = slerp(a) { method[norm] = passthrough  scale[norm] = 2 }'
    plan = compile_text(folder, text, "merge").plan
    for assignment, number in zip(plan.assignments, plan.graph.outputs, strict=True):
        method, op = ("passthrough", Blend((2.0,))) if "norm" in assignment.place.roles else ("slerp", Copy())
        assert (assignment.method and assignment.method.name, plan.graph.nodes[number].op) == (method, op)


def test_slices_of_one_source_are_copied_and_an_idle_parameter_is_named(folder: Path) -> None:
    plan = compile_text(folder, SLICES).plan
    assert {type(plan.graph.nodes[n].op) for n in plan.graph.outputs} == {Copy}
    assert findings(folder, SLICES) == ["warning rule-never-wins t: 0.3"]


def test_a_parameter_that_serves_elsewhere_is_not_idle(folder: Path) -> None:
    first, second = (f"{{model: {m}, layer_range: [2, 4]}}" for m in "ab")
    text = SLICES.replace(f"[{second}]", f"[{first}, {second}]")
    assert findings(folder, text) == []


def test_a_parameter_that_is_unknown_is_refused(folder: Path) -> None:
    assert findings(folder, SLICES.replace("t: 0.3", "tt: 0.3")) == ["error unknown-parameter tt"]


def test_neither_a_base_nor_a_required_parameter_is_asked_for(folder: Path) -> None:
    write_tiny(folder / "c", "llama")
    text = SLICES.replace("parameters: {t: 0.3}", "").replace("base_model: b", "base_model: c")
    assert findings(folder, text) == []


def test_every_method_in_use_must_take_one_input(folder: Path) -> None:
    text = 'model a = "a"\nmerge m = slerp(a) { method[norm] = lerp  t = 0.5 }'
    assert findings(folder, text, "merge") == ["error wrong-inputs slerp"]

"""Names that are declared and not used: said, and models left out of everything."""

from __future__ import annotations

from pathlib import Path

from tests.support.compiling import compile_text
from tests.support.finding import findings
from tests.support.tiny import write_tiny

TEXT = """
model z = "nowhere"
model a = "a"
model b = "b"
model d = "d"
param p = q in 0..high
let q = 0.25
let high = 1
let f(x) = x * q
let g(f) = f
merge other = lerp(z, a) { t = g(0) }
merge m = lerp(a, b) { t = f(p) }
output m { donor = d }
"""


def test_models_that_are_not_used_are_left_out(tmp_path: Path) -> None:
    for name in "abd":
        write_tiny(tmp_path / name, "llama")
    plan = compile_text(tmp_path, TEXT, "merge").plan
    assert [m.name for m in plan.recipe.models] == ["a", "b", "d"]
    assert [m.name for m in plan.catalog.models] == ["a", "b", "d"]
    assert plan.recipe.models[plan.recipe.output.donor].name == "d"
    assert {s.model for a in plan.assignments for s in a.operands if hasattr(s, "model")} == {0, 1}
    assert findings(tmp_path, TEXT, "merge") == [f"warning unused-name {n}" for n in ("z", "g", "other")]


def test_a_recipe_that_is_wrong_is_not_searched_for_what_it_does_not_use(tmp_path: Path) -> None:
    text = 'model a = "a"\nmodel b = "b"\nmerge m = lerp(a, c) { t = 0 }'
    assert findings(tmp_path, text, "merge") == ["error unknown-name c"]


def test_a_base_that_a_slice_has_no_use_for(tmp_path: Path) -> None:
    write_tiny(tmp_path / "a", "llama")
    text = """
merge_method: passthrough
slices:
  - sources: [{model: a, layer_range: [0, 4]}]
    base_model: b
"""
    assert findings(tmp_path, text) == ["warning unused-name b"]

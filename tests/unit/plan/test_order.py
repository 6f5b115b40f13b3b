"""Methods whose inputs may stand in any order get them in one of mergec's own; sources have names."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mergec.api import Blend, Inputs, Method, Param, Scope
from mergec.core.style import Style
from mergec.diagnostics import Report, Source
from mergec.driver import Request, compile_recipe
from mergec.plan import Plan
from mergec.plan.explain import explain_json, explain_text, graph_text
from tests.support.plugins import with_methods
from tests.support.tiny import write_tiny

WEIGHT = Param("weight", "Of the input.", scope=Scope.PER_INPUT, required=True)
MEAN = Method(
    "mean",
    "A weighted sum.",
    Blend(fixed=lambda count, arguments: arguments.numbers("weight")),
    Inputs(1),
    (Param("scale", "Of nothing.", default=1.0), WEIGHT),
    symmetric=True,
    shade="weight",
)
MODELS = 'model z = "a"\nmodel y = "b"\nmodel x = "c"\n'
UP = "model.layers.1.mlp.up_proj.weight"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        write_tiny(tmp_path / name, "llama layers=2")
    return tmp_path


def plan_of(folder: Path, merge: str, method: Method = MEAN) -> Plan:
    source = Source(str(folder / "recipe.merge"), f"{MODELS}merge m = {merge}\noutput m {{ donor = z }}")
    request = Request(directory=str(folder), workers=1)
    return compile_recipe(source, request, Report(), with_methods(method)).plan


RULES = "{ z.weight = 1  y.weight = 2  y.weight[mlp] = 4  x.weight = 3 }"
ORDERS = ["z, y, x", "x, y, z", "y, z, x", "x, z, y"]


@pytest.mark.parametrize("order", ORDERS[1:])
def test_the_order_of_a_recipe_changes_neither_plan_nor_explanation(order: str, folder: Path) -> None:
    first, other = (plan_of(folder, f"mean({o}) {RULES}") for o in (ORDERS[0], order))
    assert other.digest == first.digest
    assert graph_text(other).split("#")[0] == graph_text(first).split("#")[0]
    tensors = [{t["name"]: t for t in json.loads(explain_json(p, ()))["tensors"]} for p in (first, other)]
    for a, b in zip(*(t.values() for t in tensors), strict=True):
        assert [i["model"] for i in a["inputs"]] == [i["model"] for i in b["inputs"]] == ["z", "y", "x"]
        assert [w["value"] for w in a["parameters"]["weight"]] == [w["value"] for w in b["parameters"]["weight"]]
    assert [w["value"] for w in tensors[1][UP]["parameters"]["weight"]] == [1, 4, 3]


def test_values_stay_with_the_names_of_their_models(folder: Path) -> None:
    text = explain_text(plan_of(folder, f"mean(x, y, z) {RULES}"), Style(width=160))
    for name, value in (("z", 1), ("y", 4), ("x", 3)):
        assert f"{name}.weight {value}" in text
        assert f"weight of {name}, by layer" in text


def test_other_methods_keep_the_order_of_the_recipe(folder: Path) -> None:
    plan = plan_of(folder, f"mean(x, z, y) {RULES}", replace(MEAN, symmetric=False))
    assert plan.assignments[0].sources == ("c", "a", "b")
    assert [b.value for b in plan.assignments[0].bound if b.name == "weight"] == [3, 1, 2]


def test_one_model_twice_goes_by_its_values(folder: Path) -> None:
    text = "mean(z, y, z) { weight = 2  z.weight = 3 }"
    assert plan_of(folder, text).assignments[0].sources == ("a", "a#2", "b")
    layers = "mean(z[1..2], z[0..1], y[0..1]) { weight = 1 }", "mean(y[0..1], z[0..1], z[1..2]) { weight = 1 }"
    one, other = (plan_of(folder, text) for text in layers)
    assert one.digest == other.digest


def test_sources_are_the_references_of_the_recipe(folder: Path) -> None:
    write_tiny(folder / "elsewhere", "llama layers=2")
    source = Source(str(folder / "recipe.merge"), f"{MODELS}merge m = mean(z, y) {{ weight = 1 }}")
    request = Request(directory=str(folder), workers=1, models={"a": str(folder / "elsewhere")})
    plan = compile_recipe(source, request, Report(), with_methods(MEAN)).plan
    assert plan.assignments[0].sources == ("a", "b")


def test_tensors_of_one_merge_share_its_place(folder: Path) -> None:
    plan = plan_of(folder, "stack(mean(z[0..1], y[0..1]) { weight = 1 }, mean(z[1..2], y[1..2]) { weight = 1 })")
    spans = [a.merge_span and a.merge_span.text for a in plan.assignments]
    assert len(set(spans)) == 2
    assert None not in spans


def test_merges_inside_have_an_order_too(folder: Path) -> None:
    near, far = "lerp(z, y) { t = 0.2 }", "lerp(z, y) { t = 0.8 }"
    one, other = (plan_of(folder, f"mean({a}, {b}, x) {{ weight = 1 }}") for a, b in ((near, far), (far, near)))
    assert one.digest == other.digest
    assert len(set(one.assignments[0].sources)) == 3
    assert one.assignments[0].sources == other.assignments[0].sources

"""A method that is not made for a tensor gives way to its fallback, and where it has none it is an error."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mergec.api import Blend, Inputs, Method, Param, Suits
from mergec.core.style import Style
from mergec.diagnostics import Diagnostic, RecipeError, Report, Source
from mergec.driver import Request, compile_recipe
from mergec.plan import Assignment, Plan
from mergec.plan.explain import explain_json, explain_text, tensors_text
from tests.support.plugins import with_methods
from tests.support.tiny import write_tiny

T = Param("t", "How far to go.", required=True)
HALF = Blend(fixed=lambda count, arguments: (0.5,) * count)
ANY = Method("any", "Takes all tensors.", HALF, Inputs(2), (T,), shade="t")
LONG = Method("long", "Takes vectors.", HALF, Inputs(2), (T,), suits=Suits(ranks=(1,)))
FLAT = Method("flat", "Takes matrices.", HALF, Inputs(2), (T,), suits=Suits((2,), ("embedding", "head")), shade="t")
NORM = "model.layers.1.input_layernorm.weight"
MODELS = 'model a = "a"\nmodel b = "b"\n'


def plan_of(folder: Path, *methods: Method, rules: str = "") -> Plan:
    for name in ("a", "b"):
        write_tiny(folder / name, "llama layers=2")
    text = f"{MODELS}merge m = flat(a, b) {{ t = 0.25  t[norm] = 0.75 {rules} }}"
    source = Source(str(folder / "recipe.merge"), text)
    request = Request(directory=str(folder), workers=1)
    return compile_recipe(source, request, Report(), with_methods(*methods)).plan


def problems(folder: Path, *methods: Method, rules: str = "") -> tuple[Diagnostic, ...]:
    with pytest.raises(RecipeError) as caught:
        plan_of(folder, *methods, rules=rules)
    return caught.value.diagnostics


def made(plan: Plan, name: str) -> Assignment:
    return next(a for a in plan.assignments if a.name == name)


def test_tensors_that_do_not_suit_get_the_fallback_under_the_same_rules(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, replace(FLAT, fallback=ANY))
    for a in plan.assignments:
        suits = len(a.type.shape) == 2 and a.name.startswith("model.layers")
        assert (a.action, a.fallback_of and a.fallback_of.name) == (("flat", None) if suits else ("any", "flat"))
    (bound,) = made(plan, NORM).bound
    assert (bound.value, bound.origin and bound.origin.text) == (0.75, "t[norm] = 0.75")


def test_a_fallback_may_have_one_of_its_own(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, replace(FLAT, fallback=replace(LONG, fallback=ANY)))
    assert made(plan, NORM).action == "long"
    head = made(plan, "lm_head.weight")
    assert (head.action, head.fallback_of and head.fallback_of.name) == ("any", "flat")


def test_without_a_fallback_the_choice_is_underlined_and_a_rule_proposed(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, FLAT)
    assert found.code.value == "unsuitable-method"
    assert found.span is not None
    assert found.span.text == "flat"
    assert "7 tensors it is to make are not" in found.message
    assert "`model.embed_tokens.weight`" in found.notes[0]
    assert found.help is not None
    assert "`method[embedding] = linear`" in found.help


def test_each_choice_is_one_error(tmp_path: Path) -> None:
    found = problems(tmp_path, FLAT, LONG, rules="method[embedding or head] = long")
    assert [d.span and d.span.text for d in found] == ["method[embedding or head] = long", "flat"]
    assert found[1].help is not None
    assert "`method[rank(1)] = linear`" in found[1].help


def test_fallbacks_that_do_not_suit_either_are_named(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, replace(FLAT, fallback=LONG))
    assert found.notes[1] == "its fallback `long`, for tensors of 1 dimension, does not suit them either"


def test_the_proposed_rule_helps(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, FLAT, ANY, rules="method[rank(1) or embedding or head] = any")
    assert {a.action for a in plan.assignments} == {"flat", "any"}
    assert all(a.fallback_of is None for a in plan.assignments)


def test_explanations_say_what_stands_in_for_what(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, replace(FLAT, fallback=ANY))
    said = "any (fallback of flat)"
    map_, table = explain_text(plan, Style(width=140)).split("\n\n")[1:]
    marked = [line.split()[0] for line in map_.splitlines() if said in line]
    assert marked == ["model.embed_tokens", "input_layernorm", "post_attention_layernorm", "model.norm", "lm_head"]
    assert sum("any (for flat)" in line for line in table.splitlines()) == 4
    assert said in tensors_text(plan, (NORM,), Style())
    tensors = {t["name"]: t for t in json.loads(explain_json(plan, ()))["tensors"]}
    assert (tensors[NORM]["method"], tensors[NORM]["fallback_of"]) == ("any", "flat")
    assert tensors["model.layers.1.mlp.up_proj.weight"]["fallback_of"] is None

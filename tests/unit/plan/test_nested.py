"""Merges in merges, and layers of merges: what each tensor is made of, and what comes out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mergec.api import Elementwise, Inputs, Method
from mergec.diagnostics import Report, Source
from mergec.driver import Request, compile_recipe
from mergec.plan import Assignment, How, Plan, Schemes, Stored
from tests.support.compiling import compile_text
from tests.support.finding import findings
from tests.support.merges import merge, write_model
from tests.support.numbers import store, ulp
from tests.support.plugins import with_methods
from tests.support.tiny import write_tiny

THREE = 'model a = "a"\nmodel b = "b"\nmodel c = "c"\n'
UP = "model.layers.{}.mlp.up_proj.weight"


def plan_of(folder: Path, text: str, description: str = "llama layers=5", **others: str) -> Plan:
    for name in "abc":
        write_tiny(folder / name, others.get(name, description))
    return compile_text(folder, THREE + text, "merge").plan


def tensor(plan: Plan, name: str) -> Assignment:
    return next(a for a in plan.assignments if a.name == name)


def inner(assignment: Assignment, index: int = 0) -> Assignment:
    found = assignment.operands[index]
    assert isinstance(found, Assignment)
    return found


def test_values_are_read_at_the_place_in_their_own_merge(tmp_path: Path) -> None:
    text = """
merge one = lerp(a, b) { t = curve(0, 1)  t[layers[1..2]] = 0.9 }
merge two = stack(one[3..5], lerp(one[0..3], c[2..5]) { t = curve(0, 1) })
output two"""
    plan = plan_of(tmp_path, text)
    found = [tensor(plan, UP.format(i)) for i in range(5)]
    assert [a.bound[0].value for a in found] == [0.75, 1.0, 0.0, 0.5, 1.0]
    assert [inner(a).bound[0].value for a in found[2:]] == [0.0, 0.9, 0.5]
    assert [inner(a).place.layer for a in found[2:]] == [0, 1, 2]
    assert [o.entry.name for o in inner(found[4]).operands if isinstance(o, Stored)] == [UP.format(2)] * 2


def test_a_name_used_twice_is_one_thing(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path, "merge one = lerp(a, b) { t = 0.5 }\nmerge two = linear(one, c, one) { weight = 1 }\noutput two"
    )
    first, _, third = tensor(plan, UP.format(1)).operands
    assert first is third


def test_layers_that_no_slice_takes_are_accounted_for(tmp_path: Path) -> None:
    text = "merge one = lerp(a, b[..5]) { t = 0.5 }\nmerge two = stack(one[0..2], stack(one, c)[6..8])\noutput two"
    plan = plan_of(tmp_path, text)
    reasons = {(d.model, d.name): (d.reason, d.origin and d.origin.text) for d in plan.dropped}
    assert reasons[0, UP.format(2)] == ("layer 2 is in no slice of `a`", "one[0..2]")
    assert reasons[2, UP.format(0)] == ("layer 0 is in no slice of `c`", "stack(one, c)[6..8]")
    assert (0, UP.format(1)) not in reasons
    assert reasons[2, "model.embed_tokens.weight"][0] == "outside the layers, taken from the first slice"
    assert all(d.is_unused_layer == ("layers" in d.name) for d in plan.dropped)


def test_a_slice_of_all_layers_is_the_merge(tmp_path: Path) -> None:
    whole = plan_of(tmp_path, "merge m = lerp(a, b) { t = depth }")
    cut = plan_of(tmp_path, "merge m = lerp(a, b) { t = depth }[..][0..5]\noutput m")
    assert cut.digest == whole.digest


def test_a_base_may_be_a_merge_and_is_no_input(tmp_path: Path) -> None:
    text = "merge n = lerp(a, b) { t = 0.5 }\nmerge m = task_arithmetic(n, c, base = n) { weight = 0.5 }\noutput m"
    up = tensor(plan_of(tmp_path, text), UP.format(0))
    assert [o.model for o in up.operands if isinstance(o, Stored)] == [2]
    assert isinstance(up.base, Assignment)
    assert up.base.method is not None
    assert up.base.method.name == "lerp"


def test_a_listed_base_gives_its_layers(tmp_path: Path) -> None:
    text = "merge m = task_arithmetic(b[0..2], a[3..5], base = a) { weight = 0.5 }"
    up = tensor(plan_of(tmp_path, text), UP.format(1))
    assert isinstance(up.base, Stored)
    assert up.base.entry.name == UP.format(4)


@pytest.mark.parametrize(("second", "is_tied"), [("llama tied", None), ("llama", False)])
def test_heads_of_nested_merges(tmp_path: Path, second: str, is_tied: bool | None) -> None:
    text = "merge m = lerp(lerp(a, b) { t = 0.25 }, c) { t = 0.5 }"
    plan = plan_of(tmp_path, text, "llama tied", b=second)
    heads = [a for a in plan.assignments if "head" in a.place.roles]
    assert plan.changes.tie_word_embeddings is is_tied
    assert len(heads) == (is_tied is not None)
    for head in heads:
        names = [o.entry.name for o in inner(head).operands if isinstance(o, Stored)]
        assert names == ["model.embed_tokens.weight", "lm_head.weight"]


def test_a_head_merged_like_the_embedding_stays_tied(tmp_path: Path) -> None:
    stored = "llama tied +lm_head.weight:BF16[16,8]"
    text = "merge m = lerp(lerp(a, b) { t = 0.25 }, c) { t = 0.5 }"
    assert plan_of(tmp_path / "1", text, stored).changes.tie_word_embeddings is None
    text = text.replace("t = 0.25", "t = 0.25  t[head] = 0.5")
    assert plan_of(tmp_path / "2", text, stored).changes.tie_word_embeddings is False


def test_whole_numbers_agree_over_all_models(tmp_path: Path) -> None:
    text = "merge m = lerp(lerp(a, b) { t = 0.25 }, lerp(b, c) { t = 0.1 }) { t = 0.5 }"
    position = tensor(plan_of(tmp_path, text, "llama +model.position:I64[4]"), "model.position")
    assert position.how is How.AGREE
    assert [o.model for o in position.operands if isinstance(o, Stored)] == [0, 1, 2]


def test_whole_numbers_in_one_of_the_inner_models(tmp_path: Path) -> None:
    for name, kind in (("a", "F32"), ("b", "I64"), ("c", "F32")):
        write_tiny(tmp_path / name, f"llama +model.position:{kind}[4]")
    text = THREE + "merge m = lerp(a, lerp(c, b) { t = 0.25 }) { t = 0.5 }"
    assert findings(tmp_path, text, "merge") == ["error dtype-mismatch lerp(a, lerp(c, b) { t = 0.25 }) { t = 0.5 }"]


@pytest.mark.parametrize(("steps", "codes"), [(100, []), (101, ["too-complex"])])
def test_merges_that_nest_deeply(tmp_path: Path, steps: int, codes: list[str]) -> None:
    for name in "ab":
        write_tiny(tmp_path / name, "llama layers=1 width=2")
    lines = [f"merge m{i} = lerp(m{i - 1}, b) {{ t = 0.5 }}" for i in range(1, steps)]
    text = "\n".join(['model a = "a"', 'model b = "b"', "merge m0 = lerp(a, b) { t = 0.5 }", *lines])
    found = findings(tmp_path, f"{text}\noutput m{steps - 1}", "merge")
    assert [f.split()[1] for f in found] == codes


def test_merges_that_use_one_another_without_end_are_refused_at_once(tmp_path: Path) -> None:
    lines = [f"merge m{i} = lerp(m{i - 1}, m{i - 1}) {{ t = 0.5 }}" for i in range(1, 60)]
    text = "\n".join(['model a = "a"', "merge m0 = a", *lines, "output m59"])
    assert [f.split()[1] for f in findings(tmp_path, text, "merge")] == ["too-complex"]


def test_nothing_is_rounded_between_merges(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    models = {n: store(rng.normal(0, 1, (40, 30)), "BF16") for n in "abc"}
    for name, values in models.items():
        write_model(tmp_path / name, {"w": values})
    text = "merge one = lerp(a, b) { t = 0.3 }\nmerge two = lerp(one, c) { t = 0.7 }\n"
    text += "merge m = one + 0.5 * (two - one)\noutput m"
    got = merge(tmp_path, THREE + text)["w"]
    a, b, c = (models[n].values for n in "abc")
    one = 0.7 * a + 0.3 * b
    wanted = one + 0.5 * (0.3 * one + 0.7 * c - one)
    assert (np.abs(got.values - wanted) <= 0.5 * ulp(wanted, "BF16") + 2.0**-20).all()


def test_every_result_in_a_nest_counts_as_memory(tmp_path: Path) -> None:
    twice = Method("twice", "", Elementwise(lambda block: block.inputs[0] * 2, workspace=3.0), Inputs(1))
    for name in "abc":
        write_tiny(tmp_path / name, "llama layers=1")

    def extra(rule: str) -> float:
        source = Source("r.merge", f"{THREE}merge m = {rule}\noutput m {{}}\n")
        graph = compile_recipe(source, Request(str(tmp_path), workers=1), Report(), with_methods(twice)).plan.graph
        return Schemes(graph).program(graph.outputs[0]).scheme.at_once.extra

    assert extra("twice(a)") == 1 + 3
    assert extra("linear(twice(a), twice(b), twice(twice(c))) { weight = 1 }") == 4 + 3

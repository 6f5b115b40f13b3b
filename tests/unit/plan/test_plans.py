"""From recipes to plans: what each tensor is made of, what is left out, what it costs, what it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from mergec.diagnostics import Code, Report, Source
from mergec.driver import Request, compile_recipe
from mergec.plan import Assignment, How, Plan, Schemes, Stored
from tests.support.compiling import compile_text, problems
from tests.support.tiny import write_tiny

TWO = 'model a = "a"\nmodel b = "b"\n'
MIX = TWO + "merge m = lerp(a, b) { t = 0.5 }\n"
UP = "model.layers.1.mlp.up_proj.weight"


def plan_of(folder: Path, text: str, tongue: str = "merge", **models: str) -> Plan:
    for name, description in models.items():
        write_tiny(folder / name, description)
    return compile_text(folder, text, tongue).plan


def tensor(plan: Plan, name: str) -> Assignment:
    return next(a for a in plan.assignments if a.name == name)


def sources(assignment: Assignment) -> list[tuple[int, str]]:
    return [(o.model, o.entry.name) for o in assignment.operands if isinstance(o, Stored)]


def test_the_last_rule_wins_and_the_others_are_kept_strongest_first(tmp_path: Path) -> None:
    rules = "t = 0.1\nt[mlp] = 0.2\nt[norm] = 0.3\nt[up] = 0.4\n"
    plan = plan_of(tmp_path, TWO + f"merge m = lerp(a, b) {{\n{rules}}}", a="llama", b="llama")
    (bound,) = tensor(plan, UP).bound
    assert (bound.value, bound.origin and bound.origin.text) == (0.4, "t[up] = 0.4")
    assert [s.text for s in bound.shadowed] == ["t[mlp] = 0.2", "t = 0.1"]


def test_rules_of_an_input_are_rules_among_others(tmp_path: Path) -> None:
    text = TWO + "merge m = linear(a, b) { weight = 1  b.weight = 2  weight[mlp] = 3 }"
    plan = plan_of(tmp_path, text, a="llama", b="llama")
    assert [b.value for b in tensor(plan, UP).bound if b.name == "weight"] == [3, 3]
    assert [b.value for b in tensor(plan, "model.norm.weight").bound if b.name == "weight"] == [1, 2]


def test_depth_is_read_in_the_merge_and_places_are_of_the_output(tmp_path: Path) -> None:
    text = TWO + "merge m = stack(a[0..2], lerp(a[1..4], b[1..4]) { t = depth })"
    plan = plan_of(tmp_path, text, a="llama", b="llama")
    found = [tensor(plan, f"model.layers.{i}.mlp.up_proj.weight") for i in range(5)]
    assert [a.depth for a in found] == [None, None, 0.0, 0.5, 1.0]
    assert [a.how for a in found] == [How.COPY] * 2 + [How.MERGE] * 3
    assert [sources(a)[0][1].split(".")[2] for a in found] == ["0", "1", "1", "2", "3"]


@pytest.mark.parametrize(("first", "second"), [("", "transformer."), ("transformer.", "")])
def test_a_prefix_that_one_input_has_makes_no_difference(first: str, second: str, tmp_path: Path) -> None:
    plan = plan_of(tmp_path, MIX, a=f"gpt2 prefix={first}", b=f"gpt2 prefix={second}")
    assert {a.name.startswith("transformer.") for a in plan.assignments} == {bool(first)}
    found = tensor(plan, f"{first}h.1.mlp.c_fc.weight")
    assert sources(found) == [(0, f"{first}h.1.mlp.c_fc.weight"), (1, f"{second}h.1.mlp.c_fc.weight")]
    assert not plan.dropped


def test_an_embedding_stands_in_for_a_head_that_is_tied(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, MIX, a="llama", b="llama tied")
    head = tensor(plan, "lm_head.weight")
    assert sources(head) == [(0, "lm_head.weight"), (1, "model.embed_tokens.weight")]
    assert plan.changes.tie_word_embeddings is False
    both = plan_of(tmp_path / "2", MIX, a="llama tied", b="llama tied")
    assert "lm_head.weight" not in {a.name for a in both.assignments}
    assert both.changes.tie_word_embeddings is None


def test_a_head_is_not_made_up_where_config_does_not_tie_it(tmp_path: Path) -> None:
    for name, description in (("a", "llama"), ("b", "llama -lm_head.weight")):
        write_tiny(tmp_path / name, description)
    assert problems(tmp_path, MIX, "merge") == ("missing-tensor: `b` lacks 1 tensor that `a` has",)


def test_every_input_tensor_is_used_or_left_out_for_a_reason(tmp_path: Path) -> None:
    text = TWO + 'merge m = stack(a[0..3], b[2..4])\noutput m { drop = "*.k_proj.*" }'
    plan = plan_of(tmp_path, text, a="llama", b="llama")
    used = {source for a in plan.assignments for source in sources(a)}
    dropped = {(d.model, d.name): d.reason for d in plan.dropped}
    everything = {(i, e.name) for i, m in enumerate(plan.catalog.models) for e in m.checkpoint.tensors}
    assert used | set(dropped) == everything
    assert not used & set(dropped)
    assert dropped[0, "model.layers.3.mlp.up_proj.weight"] == "layer 3 is in no slice of `a`"
    assert dropped[0, "model.layers.0.self_attn.k_proj.weight"] == "dropped by the recipe"
    assert dropped[0, "lm_head.weight"] == "outside the layers, taken from the last slice"
    assert dropped[1, "model.embed_tokens.weight"] == "outside the layers, taken from the first slice"


def test_types(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, MIX, a="llama dtype=F16", b="llama +model.norm.weight:F32[8]")
    assert tensor(plan, "lm_head.weight").type.dtype.code == "F32"
    assert plan.changes.dtype == "float32"
    plan = plan_of(
        tmp_path, MIX + "output m { dtype = float16 }", a="llama +model.steps:I64[1]", b="llama +model.steps:I64[1]"
    )
    assert {a.type.dtype.code for a in plan.assignments} == {"F16", "I64"}
    assert tensor(plan, "model.steps").how is How.AGREE


def test_the_digest_is_of_what_is_done_and_not_of_what_it_is_called(tmp_path: Path) -> None:
    first = plan_of(tmp_path, MIX, a="llama", b="llama dtype=F16").digest
    renamed = 'model x = "a"\n\nmodel y = "b"\nlet half = 1 / 2\nmerge other = lerp(x, y) { t = half  t[mlp] = 0.5 }'
    yaml = "merge_method: lerp\nbase_model: a\nmodels: [{model: a}, {model: b}]\nparameters: {t: 0.5}\n"
    assert plan_of(tmp_path, renamed).digest == first
    assert plan_of(tmp_path, yaml, "yaml").digest == first
    assert plan_of(tmp_path, MIX.replace("0.5", "0.25")).digest != first
    assert plan_of(tmp_path, MIX.replace("(a, b)", "(b, a)")).digest != first
    assert plan_of(tmp_path, MIX + "output m { dtype = float16 }").digest != first
    assert plan_of(tmp_path, MIX, b="llama dtype=F16 vocab=16 +x:F16[1]", a="llama +x:BF16[1]").digest != first


def test_the_digest_knows_the_layout_but_not_the_workers(tmp_path: Path) -> None:
    whole = plan_of(tmp_path, MIX, a="llama", b="llama")
    source = Source("r.merge", MIX)
    for request, same in (
        (Request(str(tmp_path), workers=7, block_elements=1 << 20), True),
        (Request(str(tmp_path), shard_bytes=1000), False),
    ):
        assert (compile_recipe(source, request, Report()).plan.digest == whole.digest) is same


def test_costs(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, TWO + "merge m = slerp(a, b) { t = 0.5  t[norm] = 0 }", a="llama", b="llama")
    stored = sum(a.type.nbytes for a in plan.assignments)
    norms = sum(a.type.nbytes for a in plan.assignments if "norm" in a.place.roles)
    assert plan.traffic.write_bytes == stored
    assert plan.traffic.read_bytes == 2 * stored - norms
    assert plan.files_bytes == stored + sum(len(s.header) for s in plan.shards)
    assert plan.parameters == stored // 2
    small = compile_recipe(
        Source("r.merge", MIX.replace("lerp", "slerp")), Request(str(tmp_path), block_elements=16), Report()
    )
    large = sum(a.type.nbytes for a in plan.assignments if a.type.elements > 16)
    assert small.plan.traffic.read_bytes == 2 * (stored + large)


def test_tensors_of_the_same_rules_share_what_is_known_of_them(tmp_path: Path) -> None:
    rules = "density = 0.5  weight = curve(0, 1)"
    text = f'model c = "c"\n{TWO}merge m = ties(a, b, base = c) {{ {rules} }}'
    plan = plan_of(tmp_path, text, a="llama layers=3", b="llama layers=3", c="llama layers=3")
    layer = [a for a in plan.assignments if a.name.startswith("model.layers.1.")]
    assert len(layer) > 5
    assert len({id(a.bound) for a in layer}) == 1
    assert len({id(a.type) for a in plan.assignments}) == len({a.type for a in plan.assignments})
    schemes = Schemes(plan.graph)
    found = {id(schemes.program(o).scheme) for o in plan.graph.outputs}
    shapes = {a.type.shape for a in plan.assignments}
    assert len(found) <= 5 * len(shapes) < len(plan.assignments)  # places where curves are read, and shapes
    entries = [opened.checkpoint.tensors for opened in plan.catalog.models]
    assert entries[0] is entries[1] is entries[2]


def test_a_filter_is_judged_by_every_tensor_that_it_decides(tmp_path: Path) -> None:
    for name in "ab":
        write_tiny(tmp_path / name, "llama layers=12")
    text = (
        "merge_method: slerp\nbase_model: a\nmodels: [{model: a}, {model: b}]\n"
        "parameters: {t: [{filter: layers.1, value: 0.2}, {value: 0.5}]}\ndtype: bfloat16\n"
    )
    report = Report()
    plan = compile_recipe(Source("r.yaml", text), Request(str(tmp_path)), report).plan
    values = {a.place.layer: a.bound[0].value for a in plan.assignments}
    assert [values[i] for i in (1, 2, 10, 11)] == [0.2, 0.5, 0.2, 0.2]
    assert [d.code for d in report.diagnostics] == [Code.QUIRK_SUBSTRING_FILTER]

"""From trees to recipes: names, orders of inputs, rules, settings."""

from __future__ import annotations

import time

import pytest

from mergec.core.dtype import DType
from mergec.recipe import Constant, Merge, ModelUse, Stack, merges, model_uses
from tests.support.methods import TASK
from tests.support.plugins import with_methods
from tests.support.resolving import TWO, merge_of, recipe_of, resolved


def used(merge: Merge) -> list[int]:
    return [use.model for use in model_uses(merge)]


def test_names_may_be_used_before_they_are_defined() -> None:
    recipe = recipe_of("output m\nmerge m = lerp(a, b) { t = x }\nlet x = y\nparam y = 0.25\n" + TWO)
    assert [m.name for m in recipe.models] == ["a", "b"]
    assert recipe.output.name == "m"


def test_the_base_comes_first_and_rules_follow_their_inputs() -> None:
    merge = merge_of(TWO + "merge m = slerp(a, b, base = b) { t = 0.25 }")
    assert used(merge) == [1, 0]
    yaml = "merge_method: linear\nbase_model: b\nmodels:\n- model: a\n  parameters: {weight: 1}\n- model: b\n"
    merge = merge_of(yaml + "  parameters: {weight: 2}\n", name="r.yaml")
    assert used(merge) == [0, 1]
    assert [(r.input, r.value.value) for r in merge.rules if isinstance(r.value, Constant)] == [(0, 1), (1, 2)]


def test_a_separate_base_is_no_input_and_shifts_the_others() -> None:
    yaml = "merge_method: task\nbase_model: a\nmodels:\n- model: a\n- model: b\n  parameters: {weight: 2}\n"
    merge = merge_of(yaml, with_methods(TASK), "r.yaml")
    assert isinstance(merge.base, ModelUse)
    assert (merge.base.model, [i.model for i in merge.inputs if isinstance(i, ModelUse)]) == (0, [1])


def test_methods_of_rules_are_methods_of_the_merge() -> None:
    merge = merge_of(TWO + "merge m = slerp(a, b) { t = 0.5  method[norm] = lerp  method[bias] = lerp }")
    assert [m.name for m in merge.methods] == ["slerp", "lerp", "lerp"]
    assert [r.selector is not None for r in merge.method_rules] == [True, True]


def test_stacks_keep_their_order_and_ranges() -> None:
    root = recipe_of(TWO + "merge m = stack(a[0..2], lerp(a[2..3], b[2..3]) { t = 1 }, b[3..2 + 2])").root
    assert isinstance(root, Stack)
    assert [(u.model, u.first, u.end) for u in model_uses(root)] == [(0, 0, 2), (0, 2, 3), (1, 2, 3), (1, 3, 4)]
    assert len(merges(root)) == 1


def test_output_settings() -> None:
    output = recipe_of(
        TWO + 'merge m = lerp(a, b) { t = 0 }\noutput m { dtype = "float16" donor = b drop = "x.*" drop = "y" }'
    ).output
    assert (output.dtype, output.donor, [d.pattern for d in output.drop]) == (DType.F16, 1, ["x.*", "y"])
    assert recipe_of(TWO + "merge m = slerp(a, b, base = b) { t = 0.5 }").output.donor == 1


def test_settings_of_the_command_line_replace_defaults() -> None:
    text = "param p = 0.5 in 0..1\n" + TWO + "merge m = lerp(a, b) { t = p }"
    recipe, found = resolved(text, (("p", "0.75"),))
    assert recipe is not None
    assert not found
    assert next(r.value for m in merges(recipe.root) for r in m.rules).value == 0.75  # type: ignore[union-attr]
    assert resolved(text, (("p", "2"),))[1] == ["out-of-range 1:18"]
    assert resolved(text, (("q", "1"),))[1] == ["unknown-name"]


def test_everything_wrong_is_found_in_one_go() -> None:
    text = TWO + "merge m = lerp(a, c) { t = d  u = 1 }\nmerge n = larp(a, b)\n"
    text += "output n { dtype = bf16  donor = e  f = 1 }"
    _, found = resolved(text)
    assert sorted(found) == [
        "bad-dtype 5:20",
        "unknown-key 5:37",
        "unknown-method 4:11",
        "unknown-name 3:19",
        "unknown-name 3:28",
        "unknown-name 5:34",
        "unknown-parameter 3:31",
    ]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("let x = x\nmerge m = lerp(a, b) { t = x }", "cycle 3:9"),
        ("let x = y\nlet y = x\nmerge m = lerp(a, b) { t = x }", "cycle 4:9"),
        ("let f(x) = f(x)\nmerge m = lerp(a, b) { t = f(1) }", "cycle 3:12"),
        ("let f(x) = g(x)\nlet g(x) = f(x)\nmerge m = lerp(a, b) { t = f(1) }", "cycle 4:12"),
        ("param p = p\nmerge m = lerp(a, b) { t = p }", "cycle 3:11"),
        ("merge m = lerp(m, b) { t = 0 }", "cycle 3:16"),
    ],
)
def test_circles_are_found(statements: str, expected: str) -> None:
    recipe, found = resolved(TWO + statements)
    assert recipe is None or found
    assert expected in found


def test_names_that_stand_for_huge_values_are_refused_at_once() -> None:
    lets = "\n".join(f"let f{i + 1}(x) = f{i}(x) * f{i}(x)" for i in range(60))
    started = time.process_time()
    _, found = resolved(TWO + f"let f0(x) = x + x\n{lets}\nmerge m = lerp(a, b) {{ t = f60(depth) }}")
    assert "too-complex" in {f.split()[0] for f in found}
    assert time.process_time() - started < 2


@pytest.mark.parametrize(("length", "codes"), [(60, []), (300, ["too-complex"]), (3000, ["too-complex"])])
def test_long_chains_of_names_come_to_an_end(length: int, codes: list[str]) -> None:
    lets = "\n".join(f"let x{i + 1} = x{i} + 1" for i in range(length))
    _, found = resolved(TWO + f"let x0 = 0\n{lets}\nmerge m = lerp(a, b) {{ t = x{length} / {length} }}")
    assert [f.split()[0] for f in found] == codes


def test_functions_that_call_one_another_without_end_are_refused_at_once() -> None:
    lets = "\n".join(f"let f{i + 1}(x) = f{i}(f{i}(x))" for i in range(60))
    started = time.process_time()
    uses = "".join(f"  t[layers[{i}..{i + 1}]] = f60(1)\n" for i in range(50))
    _, found = resolved(TWO + f"let f0(x) = 0\n{lets}\nmerge m = lerp(a, b) {{\n t = 0\n{uses} }}")
    assert [f.split()[0] for f in found] == ["too-complex"]
    assert time.process_time() - started < 3


def test_words_of_the_language_name_nothing_else() -> None:
    assert resolved('model curve = "a"\nmodel b = "b"\nmerge m = lerp(b, b) { t = 0 }')[1] == ["duplicate-name 1:7"]

"""Parts of a stack that `for` makes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mergec.recipe import Merge, ModelUse, Recipe, Stack, evaluate
from mergec.recipe.values import At
from tests.support.resolving import TWO, recipe_of, resolved


def slices(recipe: Recipe) -> list[tuple[int, int | None, int | None]]:
    assert isinstance(recipe.root, Stack)
    return [(p.model, p.first, p.end) for p in recipe.root.parts if isinstance(p, ModelUse)]


@given(first=st.integers(-3, 30), end=st.integers(-3, 60), step=st.integers(1, 9))
def test_it_counts_as_python_does(first: int, end: int, step: int) -> None:
    text = f"{TWO}merge m = stack(a[i+3..i+5], b[i+4..i+5] for i in {first}..{end} by {step})"
    recipe, found = resolved(text)
    wanted = [part for i in range(first, end, step) for part in ((0, i + 3, i + 5), (1, i + 4, i + 5))]
    assert (slices(recipe) if recipe else []) == wanted
    assert bool(found) == (not wanted)


def test_parts_stand_in_the_order_written() -> None:
    recipe = recipe_of(TWO + "merge m = stack(a[0..1], (b[i..i+1], a[i..i+1] for i in 1..3), b[3..4])")
    assert slices(recipe) == [(0, 0, 1), (1, 1, 2), (0, 1, 2), (1, 2, 3), (0, 2, 3), (1, 3, 4)]


def test_the_number_stands_in_rules() -> None:
    recipe = recipe_of(TWO + "let f(x) = x / 4\nmerge m = stack(lerp(a[i..i+1], b[i..i+1]) { t = f(i) } for i in 0..4)")
    assert isinstance(recipe.root, Stack)
    merges = [part for part in recipe.root.parts if isinstance(part, Merge)]
    assert [evaluate(m.rules[0].value, At(0.0, 0.0, 0, 1)) for m in merges] == [0, 0.25, 0.5, 0.75]
    assert len({m.rules[0].span for m in merges}) == 1  # they are one rule in the recipe


def test_a_merge_used_by_name_does_not_see_the_number() -> None:
    _, found = resolved(TWO + "merge m = stack(n for i in 0..2)\nmerge n = lerp(a, b) { t = i }\noutput m")
    assert found == ["unknown-name 4:28"]


def test_inner_ranges_see_outer_numbers() -> None:
    recipe = recipe_of(TWO + "merge m = stack((a[i*2+j..i*2+j+1] for j in i..i+2) for i in 0..2)")
    assert slices(recipe) == [(0, 0, 1), (0, 1, 2), (0, 3, 4), (0, 4, 5)]


@pytest.mark.parametrize(
    "parts",
    [
        "a[0..1] for i in 0..1e15",
        "((a[0..1] for j in 0..9999) for i in 0..9999)",
        "stack(a for j in 0..9999) for i in 0..9999",
        "stack(stack(a[0..1] for k in 0..99) for j in 0..99) for i in 0..99",
    ],
)
def test_too_many_parts_are_refused_at_once(parts: str) -> None:
    started = time.monotonic()
    recipe, found = resolved(f"{TWO}merge m = stack({parts})")
    assert recipe is None
    assert [code.split()[0] for code in found] == ["too-complex"]
    assert time.monotonic() - started < 5


def test_many_statements_of_many_parts_come_to_an_end() -> None:
    started = time.monotonic()
    text = "\n".join(f"merge m{n} = stack(a for i in 0..10000)" for n in range(500))
    recipe, found = resolved(f"{TWO}{text}\noutput m0")
    assert recipe is None
    assert found[0].startswith("too-complex")
    assert time.monotonic() - started < 10


def test_a_failing_part_is_looked_at_once() -> None:
    _, found = resolved(TWO + "merge m = stack(a[i..2], c[i..i+1] for i in 0..9)")
    assert found == ["unknown-name 3:26"]


@pytest.mark.parametrize("part", ["linear({}) {{ weight = 1 }}", "stack({})", "lerp({}[i..i+1], b)"])
def test_large_parts_repeated_come_to_an_end(part: str) -> None:
    started = time.monotonic()
    recipe, _ = resolved(f"{TWO}merge m = stack({part.format(', '.join(['a'] * 10_000))} for i in 0..9999)")
    assert recipe is None
    assert time.monotonic() - started < 10

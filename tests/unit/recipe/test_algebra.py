"""Algebra on models: what expressions come to, and which are models."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mergec.recipe import At, Merge, ModelUse, evaluate
from tests.support.merges import merge, write_model
from tests.support.numbers import store
from tests.support.resolving import merge_of, resolved

MODELS = ("base", "code", "math")
HEADS = "".join(f'model {name} = "{name}"\n' for name in MODELS)
HALFWAY = At(depth=0.5, gradient=0.5, layer=2, layers=5)


def coefficients(root: Merge, at: At = HALFWAY) -> dict[int, float]:
    """What each model of a sum is multiplied by."""
    assert root.method.name == "sum"
    found = {}
    for i, (node, rule) in enumerate(zip(root.inputs, root.rules, strict=True)):
        value = evaluate(rule.value, at)
        assert isinstance(node, ModelUse)
        assert isinstance(value, float)
        assert (rule.parameter, rule.input) == ("weight", i)
        found[node.model] = value
    return found


@dataclass(frozen=True)
class Sample:
    """An expression, and what it means: numbers for the models, which add up to `degree`."""

    text: str
    terms: Mapping[str, Fraction]
    degree: int

    def __add__(self, other: Sample) -> Sample:
        return self.combined("+", other, 1)

    def combined(self, sign: str, other: Sample, factor: int) -> Sample:
        terms = {m: self.terms.get(m, Fraction()) + factor * other.terms.get(m, Fraction()) for m in MODELS}
        return Sample(f"({self.text} {sign} {other.text})", terms, self.degree + factor * other.degree)

    def times(self, number: Fraction, text: str) -> Sample:
        return Sample(text, {m: c * number for m, c in self.terms.items()}, 0)


def differences(inner: st.SearchStrategy[Sample], models: st.SearchStrategy[Sample]) -> st.SearchStrategy[Sample]:
    numbers = st.sampled_from([Fraction(1, 4), Fraction(-3, 2), Fraction(2), Fraction(0), Fraction(5, 8)])
    halves = st.sampled_from([Fraction(1, 2), Fraction(4), Fraction(-8)])
    return st.one_of(
        st.builds(lambda a, b: a.combined("-", b, -1), models, models),
        st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda a, b: a.combined("-", b, -1), inner, inner),
        st.builds(lambda d, n: d.times(n, f"{float(n)} * {d.text}"), inner, numbers),
        st.builds(lambda d, n: d.times(n, f"({d.text} * {float(n)})"), inner, numbers),
        st.builds(lambda d, n: d.times(1 / n, f"{d.text} / {float(n)}"), inner, halves),
        st.builds(lambda d: d.times(Fraction(-1), f"-{d.text}"), inner),
    )


NAMES = st.sampled_from([Sample(m, {m: Fraction(1)}, 1) for m in MODELS])
DIFFERENCES = st.recursive(
    st.builds(lambda a, b: a.combined("-", b, -1), NAMES, NAMES), lambda inner: differences(inner, NAMES), max_leaves=8
)
WEIGHTS = st.builds(lambda m, d, e: (m + d).combined("-", e, -1), NAMES, DIFFERENCES, DIFFERENCES)


@settings(max_examples=40, deadline=None)
@given(WEIGHTS)
def test_an_expression_is_a_sum_whose_numbers_add_up_to_1(sample: Sample) -> None:
    found = coefficients(merge_of(f"{HEADS}merge m = {sample.text}\noutput m {{ donor = base }}"))
    models = [m for m in MODELS if m in sample.text or m == "base"]
    assert {models[i]: c for i, c in found.items()} == {m: c for m, c in sample.terms.items() if m in sample.text}
    assert math.fsum(found.values()) == 1


@settings(max_examples=40, deadline=None)
@given(WEIGHTS, DIFFERENCES, NAMES)
def test_what_is_no_model_is_refused_where_it_stands(weight: Sample, difference: Sample, name: Sample) -> None:
    wrong = (
        difference.text,
        f"{weight.text} + {name.text}",
        f"{difference.text} - {name.text}",
        f"2 * {weight.text}",
        f"{weight.text} / 2",
        f"-{name.text}",
        f"{name.text} + {difference.text} * {difference.text}",
        f"{name.text} + 1",
    )
    for text in wrong:
        recipe, found = resolved(f"{HEADS}merge m = {text}\noutput m")
        assert recipe is None
        assert [f.split()[0] for f in found] == ["wrong-kind"]


def test_names_may_stand_for_parts_of_a_sum() -> None:
    text = f"""{HEADS}
param share = 0.5
let way = code - base
merge there = base + share * way
merge off = (math - base) / 4
merge m = there - depth * off + way
output m"""
    assert coefficients(merge_of(text)) == {0: 1 - 0.5 + 0.125 - 1, 1: 1.5, 2: -0.125}


def test_a_number_that_depends_on_the_place_is_read_there() -> None:
    root = merge_of(f"{HEADS}merge m = base + curve(0, 1) * (code - base) + 0.1 * (math - base)\noutput m")
    assert coefficients(root, At(0.25, 0.25, 1, 5)) == {0: math.fsum([1, -0.25, -0.1]), 1: 0.25, 2: 0.1}


def test_one_merge_of_a_name_is_one_node() -> None:
    text = f"{HEADS}merge s = base + 0.5 * (code - base)\nmerge m = linear(s, math, s) {{ weight = 1 }}\noutput m"
    first, _, third = merge_of(text).inputs
    assert first is third


def test_layers_of_a_model_are_another_model() -> None:
    root = merge_of(f"{HEADS}merge m = base[0..2] + 0.5 * (base[2..4] - base[0..2])\noutput m")
    assert [(i.first, i.end) for i in root.inputs if isinstance(i, ModelUse)] == [(0, 2), (2, 4)]
    assert [evaluate(r.value, HALFWAY) for r in root.rules] == [0.5, 0.5]


@pytest.mark.parametrize("terms", [150, 190])
def test_long_sums(terms: int) -> None:
    sum_of = "base" + " + 0.5 * (code - base)" * terms
    assert coefficients(merge_of(f"{HEADS}merge m = {sum_of}\noutput m")) == {0: 1 - terms / 2, 1: terms / 2}


def test_chains_of_names_come_to_an_end() -> None:
    lets = "".join(f"let d{i + 1} = d{i} + d{i}\n" for i in range(60))
    _, found = resolved(f"{HEADS}let d0 = code - base\n{lets}merge m = base + d60\noutput m")
    assert [f.split()[0] for f in found] == ["too-complex"]
    _, found = resolved(f"{HEADS}let d0 = code - base\n{lets.replace(' + d', ' * 1.5 + 0 * d')}merge m = base + d60")
    assert [f.split()[0] for f in found] == ["too-complex"]


def test_factors_of_names_come_to_an_end() -> None:
    lets = "".join(f"let d{i + 1} = depth * d{i}\n" for i in range(40))
    _, found = resolved(f"{HEADS}let d0 = code - base\n{lets}merge m = base + d40\noutput m {{ donor = base }}")
    assert [f.split()[0] for f in found] in ([], ["unused-name"])
    power = "depth" + " * depth" * 150
    lets = "".join(f"let d{i + 1} = {power} * d{i}\n" for i in range(40))
    _, found = resolved(f"{HEADS}let d0 = code - base\n{lets}merge m = base + d40\noutput m {{ donor = base }}")
    assert [f.split()[0] for f in found] == ["too-complex"]


def test_a_circle_of_differences() -> None:
    _, found = resolved(f"{HEADS}let d = code - base + f\nlet f = 0.5 * d\nmerge m = base + f\noutput m")
    assert [f.split()[0] for f in found] == ["cycle"]


@pytest.mark.parametrize("code", ["BF16", "F16", "F32"])
def test_a_sum_and_task_arithmetic_are_the_same_bytes(tmp_path: Path, code: str) -> None:
    rng = np.random.default_rng(3)
    for name in MODELS:
        write_model(tmp_path / name, {"w": store(rng.normal(0, 1, (30, 50)), code)})
    sum_text = f"{HEADS}merge m = base + 0.7 * (code - base) - 0.2 * (math - base)"
    task = "task_arithmetic(code, math, base = base) { code.weight = 0.7  math.weight = -0.2 }"
    assert merge(tmp_path, sum_text) == merge(tmp_path, f"{HEADS}merge m = {task}", output="task")
    two = f"{HEADS}let way = code - base\nmerge one = base - 0.2 * (math - base)\nmerge m = one + 0.7 * way\noutput m"
    assert merge(tmp_path, two, output="two") == merge(tmp_path, sum_text, output="again")

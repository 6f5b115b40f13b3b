"""sce, ram, nearswap and arcee_fusion against float64 references, on blocks of any size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mergec_methods.arcee_fusion import ARCEE_FUSION
from mergec_methods.nearswap import NEARSWAP
from mergec_methods.ram import RAM, RAMPLUS_TL
from mergec_methods.sce import SCE

from mergec.api import Method
from tests.support import selection_references as references
from tests.support.blocks import Numbers, run_one

SHAPES = ((1,), (7,), (40, 70), (3, 50, 11), ())


def models(seed: int, shape: tuple[int, ...], kind: str, count: int, drift: float = 0.002) -> list[Numbers]:
    """A base and fine-tunes of it, which change every other element or so."""
    rng = np.random.default_rng(seed)
    base = rng.normal(0, 0.02, shape)
    changed = [base + rng.normal(0, drift, shape) * rng.choice((0, 1, 1), shape) for _ in range(count)]
    return [x.astype(kind) for x in (base, *changed)]


def wide(values: list[Numbers]) -> list[Numbers]:
    return [v.astype(np.float64) for v in values]


def check(method: Method, made: list[Numbers], cuts: tuple[int, int], wanted: Numbers, **values: Any) -> None:
    base, *inputs = made
    size = -(-max(1, base.size) // cuts[0]), -(-max(1, base.size) // cuts[1])
    got = run_one(method, inputs, base, *size, **values)
    terms = np.abs(wanted) + sum(np.abs(x.astype(np.float64)) for x in made)
    assert (np.abs(got - wanted) <= (2.0**-20 if base.dtype == np.float32 else 2.0**-46) * terms).all()


Draw = Callable[[Callable[..., None]], Callable[..., None]]
drawn: Draw = lambda test: settings(deadline=None, max_examples=40)(  # noqa: E731
    given(
        seed=st.integers(0, 500),
        shape=st.sampled_from(SHAPES),
        kind=st.sampled_from(("float32", "float64")),
        count=st.integers(1, 4),
        cuts=st.tuples(st.integers(1, 4), st.integers(1, 4)),
        data=st.data(),
    )(test)
)


@drawn
def test_ram(
    seed: int, shape: tuple[int, ...], kind: str, count: int, cuts: tuple[int, int], data: st.DataObject
) -> None:
    made = models(seed, shape, kind, count)
    epsilon = data.draw(st.sampled_from((0.0, 1e-3)))
    base, *inputs = wide(made)
    check(RAM, made, cuts, references.ram(base, inputs, epsilon), epsilon=epsilon)
    plus = references.ram(base, inputs, epsilon, 0.3, 0.7)
    check(RAMPLUS_TL, made, cuts, plus, epsilon=epsilon, r=0.3, alpha=0.7)


@drawn
def test_sce(
    seed: int, shape: tuple[int, ...], kind: str, count: int, cuts: tuple[int, int], data: st.DataObject
) -> None:
    made = models(seed, shape, kind, count, data.draw(st.sampled_from((0.002, 0.1))))
    topk = data.draw(st.sampled_from((0.0, 0.2, 0.6, 1.0)))
    base, *inputs = wide(made)
    check(SCE, made, cuts, references.sce(base, inputs, topk), select_topk=topk)


@drawn
def test_nearswap(
    seed: int, shape: tuple[int, ...], kind: str, count: int, cuts: tuple[int, int], data: st.DataObject
) -> None:
    made = models(seed, shape, kind, 1)
    t = data.draw(st.sampled_from((-1.0, 0.0, 1e-7, 1e-6, 0.002, 3.0)))
    base, other = wide(made)
    check(NEARSWAP, made, cuts, references.nearswap(base, other, t), t=t)


@drawn
def test_arcee_fusion(
    seed: int, shape: tuple[int, ...], kind: str, count: int, cuts: tuple[int, int], data: st.DataObject
) -> None:
    base, other = models(seed, shape, kind, 1)
    size = (-(-base.size // cut) for cut in cuts)
    got = run_one(ARCEE_FUSION, [base, other], None, *size)
    wanted = references.arcee_fusion(base.astype(np.float64), other.astype(np.float64))
    assert (np.abs(got - wanted) > 1e-6).sum() <= 0.001 * base.size


def test_sce_of_inputs_that_do_not_vary_leaves_the_base() -> None:
    base, other = models(1, (20, 30), "float32", 1)
    assert np.array_equal(run_one(SCE, [other, other], base, select_topk=0.5), base)


def test_sce_selects_as_many_as_it_says() -> None:
    rng = np.random.default_rng(4)
    base = np.zeros((100, 100), np.float32)
    one, other = (rng.permutation(np.geomspace(1e-12, 1.0, 10_000)).reshape(100, 100) for _ in range(2))
    got = run_one(SCE, [one.astype(np.float32), -other.astype(np.float32)], base, 3000, 3000, select_topk=0.37)
    assert (got != 0).sum() == 3700


def test_nearswap_takes_what_is_near_and_moves_the_rest_by_t() -> None:
    base = np.array([1.0, 1.0, 1.0, 1.0], np.float32)
    other = np.array([1.25, 0.75, 3.0, -5.0], np.float32)
    assert run_one(NEARSWAP, [other], base, t=0.5).tolist() == [1.25, 0.75, 1.5, 0.5]


@pytest.mark.parametrize("rows", [1, 64])
def test_arcee_fusion_takes_few_elements_of_a_small_change(rows: int) -> None:
    base, other = models(5, (rows, 4096 // rows), "float32", 1)
    got = run_one(ARCEE_FUSION, [base, other], None, 1000, 1000)
    assert ((got == base) | (np.abs(got - other) < 1e-8)).all()
    assert 0 < (got != base).mean() < 0.1

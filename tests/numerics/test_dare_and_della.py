"""Dropping at random: the right share, the right scale, the same elements whatever the blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mergec_methods.dare import DARE_LINEAR, DARE_TIES
from mergec_methods.della import DELLA, DELLA_LINEAR

from mergec.api import MethodError
from tests.support import task_references as references
from tests.support.blocks import Numbers, run_one

METHODS = {m.name: m for m in (DARE_LINEAR, DARE_TIES, DELLA, DELLA_LINEAR)}
SHAPE = (300, 400)


def deltas(count: int = 2, shape: tuple[int, ...] = SHAPE, kind: str = "float32") -> list[Numbers]:
    rng = np.random.default_rng(8)
    return [rng.normal(0, 0.01, shape).astype(kind) for _ in range(count)]


def kept(method: str, delta: Numbers, **values: Any) -> Numbers:
    """Which elements are not dropped."""
    got = run_one(METHODS[method], [delta], np.zeros_like(delta), weight=1.0, normalize=False, rescale=False, **values)
    assert ((got == delta) | (got == 0)).all()
    return got != 0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_kept_deltas_are_scaled_weighed_and_merged(method: str, kind: str) -> None:
    """With the masks as they fell, everything else is as in the reference."""
    inputs = deltas(2, kind=kind)
    base = np.full(SHAPE, 0.25, kind)
    models = [(base + d).astype(kind) for d in inputs]
    density, weights = [0.4, 0.8], [0.7, 0.4]
    masks = masks_of(method, [m - base for m in models], density)
    for flags in ({}, {"rescale": False}, {"normalize": True, "lambda_": 0.5}):
        got = run_one(METHODS[method], models, base, weight=weights, density=density, **flags)
        options = {"normalize": method == "della", "rescale": True} | {"factor": flags.pop("lambda_", 1.0)} | flags
        expected = references.task(
            base.astype(float),
            [m.astype(float) for m in models],
            weights,
            lambda delta, i: np.where(masks[i], delta, 0.0),
            agree=method in ("dare_ties", "della"),
            **options,  # type: ignore[arg-type]
        )
        assert np.abs(got - expected).max() < (3e-7 if kind == "float32" else 1e-14)


def masks_of(method: str, moved: list[Numbers], density: list[float]) -> list[Numbers]:
    """Each input's mask, shown by a merge in which only its weight is not 0."""
    found = []
    for i in range(len(moved)):
        weights = [float(j == i) for j in range(len(moved))]
        base = np.zeros_like(moved[0])
        flags = {"normalize": False, "rescale": False}
        found.append(run_one(METHODS[method], moved, base, weight=weights, density=density, **flags) != 0)
    return found


@settings(deadline=None, max_examples=12)
@given(
    method=st.sampled_from(sorted(METHODS)),
    block=st.integers(3000, 130_000),
    run=st.integers(3000, 130_000),
    shape=st.sampled_from((SHAPE, (120_000,), (10, 30, 400), (30_000, 4))),
)
def test_blocks_do_not_show(method: str, block: int, run: int, shape: tuple[int, ...]) -> None:
    one, other = deltas(2, shape)
    values = {"weight": 0.6, "density": 0.5}
    whole = run_one(METHODS[method], [one, other], np.zeros_like(one), **values, rescale=False)
    cut = run_one(METHODS[method], [one, other], np.zeros_like(one), block, run, **values, rescale=False)
    assert np.array_equal(whole, cut)


def test_masks_of_inputs_and_seeds_differ() -> None:
    (delta,) = deltas(1)
    first, second = masks_of("dare_linear", [delta, delta], [0.5, 0.5])
    assert abs((first == second).mean() - 0.5) < 0.01
    base = np.zeros_like(delta)
    other = run_one(DARE_LINEAR, [delta, delta], base, seed=1, weight=[1.0, 0.0], density=0.5) != 0
    assert abs((first == other).mean() - 0.5) < 0.01


@pytest.mark.parametrize("density", [0.01, 0.3, 0.9])
def test_dare_keeps_each_element_with_one_probability(density: float) -> None:
    mask = kept("dare_linear", deltas(1)[0], density=density)
    spread = np.sqrt(density * (1 - density) / mask.size)
    assert abs(mask.mean() - density) < 5 * spread
    for axis in (0, 1):
        assert np.abs(mask.mean(axis) - density).max() < 5 * spread * np.sqrt(mask.shape[axis ^ 1])


@pytest.mark.parametrize(("density", "wanted"), [(1e-9, 2.0**-16), (1 - 1e-9, 1.0), (0.5 + 2.0**-16, 0.5 + 2.0**-16)])
def test_dare_keeps_in_steps_and_something_at_the_least(density: float, wanted: float) -> None:
    mask = kept("dare_linear", np.ones((2000, 2000), np.float32), density=density)
    assert abs(mask.mean() - wanted) <= 5 * np.sqrt(wanted * (1 - wanted) / mask.size)


def test_a_scaled_delta_is_the_whole_one_on_average() -> None:
    delta = np.abs(deltas(1)[0])
    got = [run_one(DARE_LINEAR, [delta], delta * 0, seed=s, weight=1.0, density=0.25) for s in range(40)]
    assert abs(np.mean(got) / delta.mean() - 1) < 1e-6
    assert abs((np.mean(got, axis=0) / delta).std() - np.sqrt(3 / 40)) < 0.02


@pytest.mark.parametrize("columns", [2, 30, 700])
@pytest.mark.parametrize(("density", "epsilon"), [(0.5, 0.15), (0.3, 0.25), (0.8, 0.0)])
def test_della_keeps_by_rank_in_the_row(columns: int, density: float, epsilon: float) -> None:
    (delta,) = deltas(1, (60_000 // columns, columns))
    mask = kept("della", delta, density=density, epsilon=epsilon)
    by_rank = np.take_along_axis(mask, np.argsort(np.abs(delta), axis=1), axis=1).mean(0)
    wanted = density - epsilon + 2 * epsilon * np.arange(columns) / (columns - 1)
    assert np.abs(by_rank - wanted).max() < 5 * np.sqrt(0.25 / len(delta)) + 0.002
    assert abs(mask.mean() - density) < 5 * np.sqrt(0.25 / mask.size)


def test_della_takes_a_row_of_any_kind() -> None:
    """One element, equal elements, zeros, one that is far larger than all others: the density holds on average."""
    ones = np.ones((5000, 1), np.float32)
    assert abs(kept("della", ones, density=0.5).mean() - 0.5) < 0.04
    equal = np.ones((50, 1000), np.float32)
    assert abs(kept("della", equal, density=0.4).mean() - 0.4) < 0.02
    far = np.ones((50, 1000), np.float32)
    far[:, 7] = 1e30
    assert abs(kept("della", far, density=0.4).mean() - 0.4) < 0.02
    zero = np.zeros((3, 8), np.float32)
    assert np.array_equal(run_one(DELLA, [zero], zero, weight=1.0, density=0.5), zero)


@pytest.mark.parametrize(
    ("method", "values", "parameter"),
    [
        ("della", {"density": 0.9}, "epsilon"),
        ("della_linear", {"density": [0.5, 0.15]}, "epsilon"),
        ("dare_linear", {"weight": [1.0, -1.0], "normalize": True}, "weight"),
    ],
)
def test_values_that_do_not_go_together(method: str, values: dict[str, Any], parameter: str) -> None:
    with pytest.raises(MethodError) as caught:
        run_one(METHODS[method], deltas(2), deltas(1)[0], **({"weight": 0.5} | values))
    assert caught.value.parameter == parameter


def test_epsilon_is_free_where_nothing_is_dropped() -> None:
    (delta,) = deltas(1)
    assert np.array_equal(run_one(DELLA, [delta], delta * 0, weight=1.0), delta)

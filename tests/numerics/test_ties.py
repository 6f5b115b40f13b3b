"""Trimming and the election of signs, against float64 references, on blocks of any size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mergec_methods.breadcrumbs import BREADCRUMBS, BREADCRUMBS_TIES
from mergec_methods.ties import TIES

from tests.support import task_references as references
from tests.support.blocks import Numbers, run_one

METHODS = {"ties": TIES, "breadcrumbs": BREADCRUMBS, "breadcrumbs_ties": BREADCRUMBS_TIES}


def models(rng: np.random.Generator, shape: tuple[int, ...], kind: str, count: int = 3) -> list[Numbers]:
    """A base and fine-tunes of it, whose deltas are all of different sizes (`kind` is a dtype)."""
    base = rng.normal(0, 0.02, shape)
    return [(base + (rng.normal(0, 0.002, shape) if i else 0)).astype(kind) for i in range(count + 1)]


def wanted(
    name: str, base: Numbers, inputs: list[Numbers], weights: list[float], density: list[float], **flags: float
) -> Numbers:
    gamma = flags.pop("gamma", 0.01)
    options = {"normalize": name == "ties", "rescale": False, "factor": flags.pop("lambda_", 1.0)} | flags

    def thin(delta: Numbers, i: int) -> Numbers:
        if name == "ties":
            return references.trimmed(delta, density[i])
        return references.middle(delta, density[i], gamma)

    wide = [x.astype(np.float64) for x in inputs]
    return references.task(base.astype(np.float64), wide, weights, thin, agree="ties" in name, **options)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_as_the_reference(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(METHODS)))
    kind = data.draw(st.sampled_from(("float32", "float64")))
    shape = data.draw(st.sampled_from(((1,), (7,), (40, 70), (3, 50, 11), ())))
    count = data.draw(st.integers(1, 4))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    base, *inputs = models(rng, shape, kind, count)
    shares = st.lists(st.sampled_from((0.001, 0.1, 0.5, 0.73, 1.0)), min_size=count, max_size=count)
    density, weights = data.draw(shares), [float(w) for w in rng.choice((0.2, 0.5, 1.0, -0.3), count)]
    flags = {flag: data.draw(st.booleans()) for flag in ("normalize", "rescale")}
    flags |= {"gamma": data.draw(st.sampled_from((0.0, 0.01, 0.4)))} if name != "ties" else {}
    size = base.size
    block, run = (-(-size // data.draw(st.integers(1, 4))) for _ in range(2))
    got = run_one(METHODS[name], inputs, base, block, run, weight=weights, density=density, lambda_=0.7, **flags)
    expected = wanted(name, base, inputs, weights, density, lambda_=0.7, **flags)
    terms = np.abs(expected) + np.abs(base) + sum(np.abs(x - base) for x in inputs)
    assert (np.abs(got - expected) <= 2.0 ** (-21 if kind == "float32" else -48) * terms * 10).all()


def kept_of(method: str, delta: Numbers, **values: float) -> Numbers:
    """Which elements of a delta a method keeps."""
    got = run_one(METHODS[method], [delta], np.zeros_like(delta), weight=1.0, normalize=False, **values)
    assert ((got == delta) | (got == 0)).all()
    return got != 0


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 1000),
    levels=st.integers(1, 9),
    density=st.floats(0.01, 0.99),
    size=st.sampled_from((1, 10, 1000, 30_000)),
)
def test_equal_elements_at_the_edge_are_kept_in_equal_shares(seed: int, levels: int, density: float, size: int) -> None:
    """As in bfloat16, where many deltas are equal: those above are kept, those below dropped."""
    delta = np.random.default_rng(seed).integers(1, levels + 1, size).astype(np.float32)
    kept = kept_of("ties", delta, density=density)
    count = max(1, int(density * size))
    edge = np.sort(delta)[size - count]
    assert kept[delta > edge].all()
    assert not kept[delta < edge].any()
    assert abs(int(kept.sum()) - count) <= 2 + 4 * np.sqrt((delta == edge).sum())


def test_equal_elements_are_kept_evenly_over_the_tensor() -> None:
    kept = kept_of("ties", np.ones((512, 1024), np.float32), density=0.3)
    assert abs(kept.mean() - 0.3) < 1e-4
    assert np.abs(kept.mean(0) - 0.3).max() < 0.01
    assert np.abs(kept.mean(1) - 0.3).max() < 0.01


@pytest.mark.parametrize("density", [0.1, 0.5, 0.9])
def test_elements_of_different_size_are_counted_exactly(density: float) -> None:
    delta = np.random.default_rng(2).permutation(np.geomspace(1e-38, 1e38, 100_001)).astype(np.float32)
    kept = kept_of("ties", delta, density=density)
    assert kept.sum() == int(density * 100_001)
    assert delta[kept].min() > delta[~kept].max()
    large = kept_of("breadcrumbs", delta, density=density, gamma=0.03)
    assert large.sum() == int(density * 100_001)
    assert (delta > delta[large].max()).sum() == 3000


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 1000),
    size=st.sampled_from((8, 999, 4096, 20_000)),
    step=st.sampled_from((1, 7, 30_000)),
    runs=st.integers(1, 4),
    density=st.floats(0.001, 0.999),
    gamma=st.sampled_from((0.0, 0.001, 0.3)),
)
def test_ranks_are_exact_wherever_they_lie(
    seed: int, size: int, step: int, runs: int, density: float, gamma: float
) -> None:
    """Neighbouring float32 numbers, or far ones, in runs of unequal largest elements; the two ranks near or apart."""
    words = 0x3F800000 + np.arange(size, dtype=np.int32) * step
    delta = np.random.default_rng(seed).permutation(words).view(np.float32)
    values = {"density": density, "gamma": gamma, "weight": 1.0, "normalize": False}
    run = -(-size // runs)
    kept = run_one(BREADCRUMBS, [delta], np.zeros_like(delta), run, run, **values) != 0
    count = int(density * size)
    large = min(int(gamma * size), size - count)
    order = np.sort(delta)[::-1]
    assert np.array_equal(kept, np.isin(delta, order[large : large + count]))


def test_deltas_below_the_smallest_normal_number_are_ranked() -> None:
    delta = (np.arange(1, 1001) * 1e-44).astype(np.float32)
    assert kept_of("ties", delta, density=0.25).nonzero()[0].tolist() == list(range(750, 1000))


@pytest.mark.parametrize("weight", [1.0, -1.0])
def test_signs_that_cancel_count_as_positive(weight: float) -> None:
    one = np.array([1.0, -1.0, 1.0, 0.0, -2.0], np.float32)
    other = np.array([-1.0, 1.0, 1.0, 0.0, 1.0], np.float32)
    got = run_one(TIES, [one, other], np.zeros(5, np.float32), weight=weight, normalize=False)
    assert got.tolist() == ([1.0, 1.0, 2.0, 0.0, -2.0] if weight > 0 else [1.0, 1.0, -2.0, 0.0, 2.0])


def test_weights_that_cancel_divide_by_one() -> None:
    one, other = np.array([1.0, 1.0], np.float32), np.array([-1.0, 0.5], np.float32)
    got = run_one(TIES, [one, other], np.zeros(2, np.float32), weight=[1.0, -1.0])
    assert got.tolist() == [2.0, 1.0]


@pytest.mark.parametrize("method", METHODS)
def test_nothing_moves_where_nothing_differs(method: str) -> None:
    base = np.random.default_rng(3).normal(size=(30, 20)).astype(np.float32)
    got = run_one(METHODS[method], [base, base], base, weight=0.5, density=0.5, rescale=True)
    assert np.array_equal(got, base)


@pytest.mark.parametrize("method", METHODS)
def test_not_a_number_stays_where_it_is_kept(method: str) -> None:
    """So that the build finds it."""
    delta = np.ones(100, np.float32)
    delta[3] = np.nan
    got = run_one(METHODS[method], [delta], np.zeros(100, np.float32), weight=1.0, density=0.5, **gamma_of(method))
    assert np.isnan(got[3])


def gamma_of(method: str) -> dict[str, float]:
    return {} if method == "ties" else {"gamma": 0.0}

"""model_stock against its formula on the vectors, and where differences disagree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mergec_methods.model_stock import MODEL_STOCK

from tests.support.apply_method import apply, coefficients
from tests.support.blend_references import along, model_stock

seeds = st.integers(0, 2**32 - 1)


def draw(seed: int, count: int, shape: tuple[int, ...] = (6, 8)) -> tuple[np.ndarray, list[np.ndarray]]:
    """A base, and fine-tunes that agree in part."""
    rng = np.random.default_rng(seed)
    base, common = rng.normal(size=(2, *shape))
    return base, [base + 0.1 * (common + rng.normal(size=shape)) for _ in range(count)]


@given(seeds, st.integers(2, 5))
def test_it_is_the_formula(seed: int, count: int) -> None:
    base, inputs = draw(seed, count)
    assert apply(MODEL_STOCK, inputs, base) == pytest.approx(model_stock(base, inputs))


@given(seeds, st.integers(2, 4), st.sampled_from([(6, 8), (8,), (2, 3, 7), (5, 1)]))
def test_filter_wise_takes_each_row_for_itself(seed: int, count: int, shape: tuple[int, ...]) -> None:
    base, inputs = draw(seed, count, shape)
    wanted = along(-1, lambda b, *x: model_stock(b, x), base, *inputs)
    assert apply(MODEL_STOCK, inputs, base, filter_wise=True) == pytest.approx(wanted)


def test_a_case_by_hand() -> None:
    """Two differences at 60°: t = 2·½ / (1 + ½) = 2/3."""
    inputs = [np.array([1.0, 0.0]), np.array([0.5, 0.75**0.5])]
    assert coefficients(MODEL_STOCK, inputs, np.zeros(2)) == pytest.approx([1 / 3, 1 / 3])


@given(seeds, st.integers(2, 5), st.booleans())
def test_agreement_gives_the_average(seed: int, count: int, filter_wise: bool) -> None:
    base, (tuned,) = draw(seed, 1)
    assert apply(MODEL_STOCK, [tuned] * count, base, filter_wise=filter_wise) == pytest.approx(tuned)


@pytest.mark.parametrize("filter_wise", [False, True])
def test_disagreement_gives_the_base(filter_wise: bool) -> None:
    base, (tuned,) = draw(1, 1)
    opposite = base - (tuned - base)
    assert apply(MODEL_STOCK, [tuned, opposite], base, filter_wise=filter_wise) == pytest.approx(base)
    angles = np.array([0.0, 2.0, 4.0]) * np.pi / 3
    thirds = [np.tile([np.cos(a), np.sin(a)], (3, 1)) for a in angles]
    got = apply(MODEL_STOCK, thirds, np.zeros((3, 2)), filter_wise=filter_wise)
    assert got == pytest.approx(np.zeros((3, 2)), abs=1e-12)


@given(seeds, st.floats(-150, 0), st.booleans())
def test_small_differences_count_like_large_ones(seed: int, exponent: float, filter_wise: bool) -> None:
    _, inputs = draw(seed, 3)
    zero = np.zeros_like(inputs[0])
    one = apply(MODEL_STOCK, inputs, zero, filter_wise=filter_wise)
    scale = 10.0**exponent
    scaled = apply(MODEL_STOCK, [scale * x for x in inputs], zero, filter_wise=filter_wise)
    assert scaled / scale == pytest.approx(one)


@pytest.mark.parametrize("filter_wise", [False, True])
def test_tensors_that_nothing_changes_are_the_base(filter_wise: bool) -> None:
    base, _ = draw(2, 0)
    assert (apply(MODEL_STOCK, [base, base, base], base, filter_wise=filter_wise) == base).all()


def test_an_unchanged_input_is_at_a_right_angle_to_the_others() -> None:
    """Cosines 1, 0 and 0: a mean of 1/3, so t = 1 / (1 + 2/3) = 0.6."""
    base, (tuned,) = draw(3, 1)
    assert coefficients(MODEL_STOCK, [tuned, tuned, base], base) == pytest.approx(0.2)

"""geometric_median: no point near it has a smaller sum of distances, and some medians are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mergec_methods.geometric_median import GEOMETRIC_MEDIAN

from mergec.api import MethodError
from tests.support.apply_method import apply
from tests.support.blend_references import norm, sum_of_distances

seeds = st.integers(0, 2**32 - 1)
shares = st.lists(st.floats(0.1, 3.0), min_size=3, max_size=6)


def draw(seed: int, count: int, spread: float = 1.0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=(3, 4))
    return [middle + spread * float(rng.uniform(0.2, 3.0)) * rng.normal(size=(3, 4)) for _ in range(count)]


@given(seeds, shares, st.sampled_from([1e-6, 1.0]))
def test_no_other_point_is_nearer_to_all(seed: int, weights: list[float], spread: float) -> None:
    """Models that differ in the sixth digit only, too."""
    inputs = draw(seed, len(weights), spread)
    got = apply(GEOMETRIC_MEDIAN, inputs, weight=weights, max_iter=1000, tol=1e-12)
    least = sum_of_distances(got, inputs, weights)
    rng = np.random.default_rng(seed)
    others = [*inputs, *(got + spread * step * rng.normal(size=got.shape) for step in (1e-3, 1e-2, 0.1))]
    assert all(least <= sum_of_distances(x, inputs, weights) * (1 + 1e-9) for x in others)


def test_a_median_inside_a_triangle_sees_its_sides_at_120_degrees() -> None:
    a, b, c = np.array([0.0, 0.0]), np.array([4.0, 0.0]), np.array([1.0, 3.0])
    got = apply(GEOMETRIC_MEDIAN, [a, b, c], max_iter=1000, tol=1e-12)
    pulls = [(x - got) / norm(x - got) for x in (a, b, c)]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert pulls[one] @ pulls[other] == pytest.approx(-0.5, abs=1e-6)


def test_a_corner_wider_than_120_degrees_is_the_median() -> None:
    a, b, c = np.array([-2.0, 0.3]), np.array([2.0, 0.3]), np.array([0.0, 0.0])
    assert (apply(GEOMETRIC_MEDIAN, [a, b, c]) == c).all()


def test_of_numbers_it_is_the_median() -> None:
    inputs = [np.array([x]) for x in (7.0, -1.0, 3.0, 1000.0, 2.5)]
    assert apply(GEOMETRIC_MEDIAN, inputs).tolist() == [3.0]


def test_an_outlier_hardly_moves_it() -> None:
    inputs = draw(3, 4, 0.01)
    near = apply(GEOMETRIC_MEDIAN, inputs)
    for far in (10.0, 1e6):
        got = apply(GEOMETRIC_MEDIAN, [*inputs, far * np.ones((3, 4))], max_iter=1000)
        assert norm(got - near) < 0.1


def test_two_inputs_meet_in_the_middle_or_at_the_heavier() -> None:
    a, b = draw(5, 2)
    assert apply(GEOMETRIC_MEDIAN, [a, b]) == pytest.approx((a + b) / 2)
    assert (apply(GEOMETRIC_MEDIAN, [a, b], weight=(1.0, 1.1)) == b).all()


@given(seeds, st.integers(1, 5))
def test_copies_are_their_own_median(seed: int, count: int) -> None:
    (a,) = draw(seed, 1)
    assert (apply(GEOMETRIC_MEDIAN, [a] * count) == a).all()


def test_two_copies_outweigh_what_one_input_does_not() -> None:
    a, b, c = (np.array(x) for x in ([0.0, 0.0], [4.0, 0.0], [1.0, 3.0]))
    assert (apply(GEOMETRIC_MEDIAN, [a, b, c, a]) == a).all()


def test_a_start_at_an_input_that_is_not_the_median_is_left() -> None:
    """The mean of these four is the fourth, which the others pull to the right."""
    inputs = [np.array(x) for x in ([1.0, 1.0], [1.0, -1.0], [-8.0, 0.0], [-2.0, 0.0])]
    assert np.mean(inputs, axis=0) == pytest.approx(inputs[3])
    got = apply(GEOMETRIC_MEDIAN, inputs, weight=(1.0, 1.0, 1.0, 0.1), max_iter=2000, tol=1e-13)
    weights = (1.0, 1.0, 1.0, 0.1)
    assert sum_of_distances(got, inputs, weights) < sum_of_distances(inputs[3], inputs, weights) - 0.1


@given(seeds, st.permutations(range(4)), st.floats(-150, 150), st.integers(1, 3))
def test_order_units_and_blocks_do_not_matter(seed: int, order: list[int], exponent: float, rows: int) -> None:
    inputs, weights = draw(seed, 4), np.array([0.5, 0.7, 0.9, 1.1])
    one = apply(GEOMETRIC_MEDIAN, inputs, weight=weights.tolist())
    turned = apply(GEOMETRIC_MEDIAN, [inputs[i] for i in order], None, rows, weight=weights[order].tolist())
    assert turned == pytest.approx(one, abs=1e-6)
    scale = 10.0**exponent
    assert apply(GEOMETRIC_MEDIAN, [scale * x for x in inputs], weight=weights.tolist()) / scale == pytest.approx(
        one, abs=1e-6
    )


def test_weights_of_nothing_are_refused() -> None:
    with pytest.raises(MethodError, match="sum to zero"):
        apply(GEOMETRIC_MEDIAN, draw(6, 3), weight=0.0)

"""karcher against the iteration on the vectors themselves, and where directions have no mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mergec_methods.karcher import KARCHER

from tests.support.apply_method import apply, coefficients
from tests.support.blend_references import angle_between, karcher, norm

seeds = st.integers(0, 2**32 - 1)


def draw(seed: int, count: int, spread: float = 1.0) -> list[np.ndarray]:
    """Vectors around a common one, of lengths that differ."""
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=12)
    return [float(rng.uniform(0.5, 2.0)) * (middle + spread * rng.normal(size=12)) for _ in range(count)]


@given(seeds, st.integers(2, 5), st.sampled_from([1e-3, 0.3, 1.0]))
def test_it_is_the_mean_on_the_sphere_at_the_mean_length(seed: int, count: int, spread: float) -> None:
    vectors = draw(seed, count, spread)
    got = apply(KARCHER, vectors, max_iter=200, tol=1e-13)
    assert got == pytest.approx(karcher(vectors), rel=1e-7, abs=1e-9 * norm(got))


def test_ten_steps_are_enough_for_models_that_are_alike() -> None:
    vectors = draw(3, 4, 0.3)
    assert apply(KARCHER, vectors) == pytest.approx(karcher(vectors), rel=1e-5, abs=1e-6)


def test_the_mean_of_axes_is_their_diagonal() -> None:
    x, y, z = np.eye(3) * [2.0, 4.0, 6.0]
    assert apply(KARCHER, [x, y, z]) == pytest.approx(np.full(3, 4.0 / 3**0.5))


def test_two_inputs_meet_halfway_along_their_arc() -> None:
    a, b = draw(5, 2)
    got = apply(KARCHER, [a, b])
    assert angle_between(got, a) == pytest.approx(angle_between(a, b) / 2)
    assert norm(got) == pytest.approx((norm(a) + norm(b)) / 2)


@given(seeds, st.integers(1, 5))
def test_copies_are_their_own_mean(seed: int, count: int) -> None:
    (vector,) = draw(seed, 1)
    assert apply(KARCHER, [vector] * count) == pytest.approx(vector)


@given(seeds, st.permutations(range(4)), st.floats(-150, 150))
def test_order_does_not_matter_and_units_do_not(seed: int, order: list[int], exponent: float) -> None:
    vectors = draw(seed, 4)
    one = coefficients(KARCHER, vectors)
    assert coefficients(KARCHER, [vectors[i] for i in order]) == pytest.approx(one[order], abs=1e-9)
    assert coefficients(KARCHER, [10.0**exponent * v for v in vectors]) == pytest.approx(one, abs=1e-9)


def test_no_steps_give_the_mean_of_the_directions() -> None:
    a, b = np.array([3.0, 0.0]), np.array([1.0, 1.0])
    middle = a / norm(a) + b / norm(b)
    got = apply(KARCHER, [a, b], max_iter=0)
    assert got == pytest.approx(middle / norm(middle) * (norm(a) + norm(b)) / 2)


@pytest.mark.parametrize("scale", [1.0, -1.0, -1.5])
def test_opposite_inputs_have_their_average(scale: float) -> None:
    (a,) = draw(7, 1)
    assert apply(KARCHER, [a, scale * a]) == pytest.approx((1 + scale) / 2 * a, abs=1e-12)


def test_directions_that_cancel_have_their_average() -> None:
    thirds = [np.array([np.cos(x), np.sin(x)]) for x in (0.0, 2 * np.pi / 3, 4 * np.pi / 3)]
    assert coefficients(KARCHER, thirds) == pytest.approx(1 / 3)


def test_an_input_without_a_direction_counts_with_its_length() -> None:
    a, b = draw(9, 2)
    halfway = apply(KARCHER, [a, b])
    for none in (0.0 * a, 1e-7 * a[::-1]):
        assert apply(KARCHER, [a, b, none]) == pytest.approx(halfway * 2 / 3, rel=1e-5)
    assert not apply(KARCHER, [0 * a, 0 * a]).any()


def test_an_opposite_input_pulls_no_particular_way() -> None:
    """Of three directions, one opposite to the others' middle."""
    a, b = np.array([1.0, 0.1]), np.array([1.0, -0.1])
    got = apply(KARCHER, [a, b, np.array([-1.0, 0.0])], max_iter=50)
    assert np.isfinite(got).all()
    assert norm(got) == pytest.approx((2 * norm(a) + 1) / 3)

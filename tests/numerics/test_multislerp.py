"""multislerp against the step on the vectors themselves, and where the mean direction is undefined."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mergec_methods.multislerp import MULTISLERP

from mergec.api import MethodError
from tests.support.apply_method import apply, coefficients
from tests.support.blend_references import multislerp, norm

seeds = st.integers(0, 2**32 - 1)
shares = st.lists(st.floats(0.05, 3.0), min_size=2, max_size=5)


def draw(seed: int, count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=16)
    return [float(rng.uniform(0.5, 2.0)) * (middle + 0.7 * rng.normal(size=16)) for _ in range(count)]


@given(seeds, shares)
def test_it_is_one_step_from_the_mean_direction(seed: int, weights: list[float]) -> None:
    vectors = draw(seed, len(weights))
    total = sum(weights)
    wanted = multislerp(vectors, [w / total for w in weights], 1e-8)
    assert apply(MULTISLERP, vectors, weight=weights) == pytest.approx(wanted, abs=1e-9)


@given(seeds, st.lists(st.floats(-1.0, 2.0), min_size=3, max_size=3))
def test_weights_as_given_keep_their_sum(seed: int, weights: list[float]) -> None:
    vectors = draw(seed, 3)
    mean = np.sum([w * v / norm(v) for w, v in zip(weights, vectors, strict=True)], axis=0)
    assume(norm(mean) > 0.05)
    got = apply(MULTISLERP, vectors, weight=weights, normalize_weights=False)
    assert got == pytest.approx(multislerp(vectors, weights, 1e-8), abs=1e-9)


@given(seeds, shares)
def test_differences_are_taken_from_a_base(seed: int, weights: list[float]) -> None:
    vectors = draw(seed, len(weights))
    base = np.random.default_rng(seed).normal(size=16)
    plain = apply(MULTISLERP, vectors, weight=weights)
    assert apply(MULTISLERP, [base + v for v in vectors], base, weight=weights) == pytest.approx(base + plain, abs=1e-9)


def test_a_case_by_hand() -> None:
    """Equal weights, axes of lengths 1 and 3: m = (1, 1)/√2, nothing is left aside, the length is 2."""
    got = apply(MULTISLERP, [np.array([1.0, 0.0]), np.array([0.0, 3.0])], weight=0.5)
    assert got == pytest.approx(np.full(2, 2**0.5))


@given(seeds, shares)
def test_copies_are_their_own_mean(seed: int, weights: list[float]) -> None:
    (vector,) = draw(seed, 1)
    assert apply(MULTISLERP, [vector] * len(weights), weight=weights) == pytest.approx(vector)


@given(seeds, st.permutations(range(3)), st.floats(-150, 150))
def test_order_does_not_matter_and_units_do_not(seed: int, order: list[int], exponent: float) -> None:
    vectors, weights = draw(seed, 3), np.array([0.2, 0.5, 0.9])
    one = coefficients(MULTISLERP, vectors, weight=weights.tolist(), eps=0.0)
    turned = coefficients(MULTISLERP, [vectors[i] for i in order], weight=weights[order].tolist(), eps=0.0)
    assert turned == pytest.approx(one[order], abs=1e-9)
    scaled = [10.0**exponent * v for v in vectors]
    assert coefficients(MULTISLERP, scaled, weight=weights.tolist(), eps=0.0) == pytest.approx(one, abs=1e-9)


def test_one_input_with_all_the_weight_is_taken_as_it_is() -> None:
    assert coefficients(MULTISLERP, draw(1, 3), weight=(0.0, 2.0, 0.0)).tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_tensors_that_no_input_changes_are_the_base(count: int) -> None:
    (base,) = draw(2, 1)
    assert (apply(MULTISLERP, [base] * count, base, weight=1.0) == base).all()


def test_directions_that_cancel_have_their_weighted_mean() -> None:
    (a,) = draw(3, 1)
    assert apply(MULTISLERP, [a, -2.0 * a], weight=0.5) == pytest.approx(-0.5 * a)
    thirds = [np.array([np.cos(x), np.sin(x)]) for x in (0.0, 2 * np.pi / 3, 4 * np.pi / 3)]
    assert coefficients(MULTISLERP, thirds, weight=1.0) == pytest.approx(1 / 3)


def test_zero_inputs_take_from_the_length_alone() -> None:
    (a,) = draw(4, 1)
    assert apply(MULTISLERP, [a, 0 * a], weight=(1.0, 3.0)) == pytest.approx(0.25 * a)


def test_weights_that_cancel_cannot_be_normalized() -> None:
    with pytest.raises(MethodError, match="sum to zero"):
        coefficients(MULTISLERP, draw(5, 2), weight=(1.0, -1.0))

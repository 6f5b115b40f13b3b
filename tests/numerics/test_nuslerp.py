"""nuslerp of wholes, rows and columns, of tensors and of differences, and where there is no arc."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mergec_methods.nuslerp import NUSLERP

from tests.support.apply_method import apply, coefficients
from tests.support.blend_references import along, arc, arc_or_chord
from tests.support.numbers import Array

seeds = st.integers(0, 2**32 - 1)
shapes = st.sampled_from([(6, 8), (9,), (3, 4, 5), (1, 4, 5), (2, 3, 2, 4), (5, 1), (1, 7)])
AXES = {"rows": -1, "columns": 0}


def draw(seed: int, shape: tuple[int, ...] = (6, 8)) -> tuple[Array, Array, Array]:
    """Two tensors and a base."""
    a, b, base = np.random.default_rng(seed).normal(size=(3, *shape))
    return a, b, base


@given(seeds, shapes, st.floats(0.1, 3.0), st.floats(0.1, 3.0))
def test_a_whole_tensor_is_one_vector(seed: int, shape: tuple[int, ...], first: float, second: float) -> None:
    a, b, base = draw(seed, shape)
    t = second / (first + second)
    assert apply(NUSLERP, [a, b], weight=(first, second)) == pytest.approx(arc_or_chord(a, b, t))
    got = apply(NUSLERP, [a, b], base, weight=(first, second))
    assert got == pytest.approx(base + arc_or_chord(a - base, b - base, t))


@pytest.mark.parametrize("mode", AXES)
@given(seeds, shapes, st.floats(0.05, 0.95), st.integers(1, 4))
def test_rows_and_columns_are_vectors_of_their_own(
    mode: str, seed: int, shape: tuple[int, ...], t: float, rows: int
) -> None:
    a, b, base = draw(seed, shape)
    parameters = {"weight": (1 - t, t), "nuslerp_flatten": False, "nuslerp_row_wise": mode == "columns"}

    def expected(one: Array, other: Array) -> Array:
        return along(AXES[mode], lambda x, y: arc_or_chord(x, y, t), one, other)

    assert apply(NUSLERP, [a, b], None, rows, **parameters) == pytest.approx(expected(a, b), abs=1e-9)
    wanted = base + expected(a - base, b - base)
    assert apply(NUSLERP, [a, b], base, rows, **parameters) == pytest.approx(wanted, abs=1e-9)


def test_row_wise_has_no_effect_on_a_flat_tensor() -> None:
    a, b, _ = draw(1)
    assert apply(NUSLERP, [a, b], weight=(1, 3), nuslerp_row_wise=True) == pytest.approx(arc(a, b, 0.75))


@pytest.mark.parametrize("weights", [(0.0, 0.0), (1.0, -1.0), (3e-7, 3e-7)])
def test_weights_that_sum_to_zero_meet_halfway(weights: tuple[float, float]) -> None:
    a, b, _ = draw(2)
    assert apply(NUSLERP, [a, b], weight=weights) == pytest.approx(arc(a, b, 0.5))


@pytest.mark.parametrize("mode", [(True, False), (False, False), (False, True)])
@pytest.mark.parametrize(("weights", "end"), [((2.0, 0.0), 0), ((0.0, 0.3), 1)])
def test_the_ends_are_the_inputs(mode: tuple[bool, bool], weights: tuple[float, float], end: int) -> None:
    a, b, _ = draw(3)
    parameters = {"weight": weights, "nuslerp_flatten": mode[0], "nuslerp_row_wise": mode[1]}
    assert coefficients(NUSLERP, [a, b], **parameters).tolist() == [float(end == 0), float(end == 1)]


@pytest.mark.parametrize("mode", [(True, False), (False, False), (False, True)])
@pytest.mark.parametrize("t", [0.25, 0.5, 1.3])
def test_corners_of_the_arc(mode: tuple[bool, bool], t: float) -> None:
    """Parallel and antiparallel tensors go along the chord, also one bit away; a zero is at a right angle."""
    a, _, _ = draw(4)
    parameters = {"weight": (1 - t, t), "nuslerp_flatten": mode[0], "nuslerp_row_wise": mode[1]}
    for factor in (1.0, 2.0, -1.0, -1.5):
        for noise in (0.0, 1e-16, 1e-8):
            other = factor * a * (1 + noise * np.random.default_rng(5).normal(size=a.shape))
            got = apply(NUSLERP, [a, other], **parameters)
            assert got == pytest.approx((1 - t) * a + t * other, rel=1e-5, abs=1e-6), (factor, noise)
    right_angle = np.cos(t * np.pi / 2) * a
    assert apply(NUSLERP, [a, 0 * a], **parameters) == pytest.approx(right_angle)
    assert not apply(NUSLERP, [0 * a, 0 * a], **parameters).any()


@pytest.mark.parametrize("degrees", [1e-6, 1e-3, 1.0, 90.0, 178.0])
def test_angles_of_all_sizes(degrees: float) -> None:
    """At 1e-6° a cosine in float64 no longer tells the angle from none, and the arc no longer from its chord."""
    angle = np.radians(degrees)
    a, b = np.array([1.0, 0.0]), 2.0 * np.array([np.cos(angle), np.sin(angle)])
    got = apply(NUSLERP, [a, b], weight=(0.7, 0.3))
    assert got == pytest.approx((np.sin(0.7 * angle) * a + np.sin(0.3 * angle) * b) / np.sin(angle), rel=1e-6)


@pytest.mark.parametrize("mode", [(True, False), (False, False), (False, True)])
def test_nearly_opposite_tensors_do_not_explode(mode: tuple[bool, bool]) -> None:
    a, b, _ = draw(6, (6, 6))
    parameters = {"weight": 0.5, "nuslerp_flatten": mode[0], "nuslerp_row_wise": mode[1]}
    for distance in (1e-2, 1e-3, 1e-5, 1e-7):
        other = -1.5 * a + distance * b
        assert apply(NUSLERP, [a, other], **parameters) == pytest.approx((a + other) / 2)


@given(seeds, st.floats(-150, 150))
def test_swapping_inputs_and_scaling_them_changes_nothing_else(seed: int, exponent: float) -> None:
    a, b, _ = draw(seed)
    scale = 10.0**exponent
    one = coefficients(NUSLERP, [a, b], weight=(1.0, 2.0))
    assert coefficients(NUSLERP, [b, a], weight=(2.0, 1.0)) == pytest.approx(one[::-1], abs=1e-12)
    assert coefficients(NUSLERP, [scale * a, scale * b], weight=(1.0, 2.0)) == pytest.approx(one, abs=1e-12)

"""task_arithmetic and expo: coefficients from the parameters alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mergec_methods.task_arithmetic import EXPO, TASK_ARITHMETIC

from mergec.api import MethodError
from tests.support.apply_method import apply, coefficients

RNG = np.random.default_rng(1)
BASE, A, B = RNG.normal(size=(3, 4, 5))

numbers = st.floats(-3.0, 3.0)


def test_differences_are_added_with_their_weights() -> None:
    got = apply(TASK_ARITHMETIC, [A, B], BASE, weight=(0.7, -0.4))
    assert got == pytest.approx(BASE + 0.7 * (A - BASE) - 0.4 * (B - BASE))


def test_lambda_scales_the_sum_after_normalizing() -> None:
    got = apply(TASK_ARITHMETIC, [A, B], BASE, weight=(1.0, 3.0), normalize=True, **{"lambda": 0.5})
    assert got == pytest.approx(BASE + 0.5 * (0.25 * (A - BASE) + 0.75 * (B - BASE)))


def test_density_and_rescale_change_nothing() -> None:
    one = coefficients(TASK_ARITHMETIC, [A, B], BASE, weight=(0.7, -0.4))
    assert (coefficients(TASK_ARITHMETIC, [A, B], BASE, weight=(0.7, -0.4), density=0.1, rescale=True) == one).all()


def test_weights_that_cancel_cannot_be_normalized() -> None:
    with pytest.raises(MethodError, match="sum to zero") as caught:
        coefficients(TASK_ARITHMETIC, [A, B], BASE, weight=(1.0, -1.0), normalize=True)
    assert caught.value.parameter == "weight"


@pytest.mark.parametrize("normalize", [False, True])
def test_no_weight_at_all_leaves_the_base(normalize: bool) -> None:
    """As for a weight that grows over the layers from zero."""
    assert (apply(TASK_ARITHMETIC, [A, B], BASE, weight=0.0, normalize=normalize) == BASE).all()


@given(numbers, numbers, numbers)
def test_the_result_is_linear_in_the_weights(first: float, second: float, scale: float) -> None:
    both = apply(TASK_ARITHMETIC, [A, B], BASE, weight=(first, second), **{"lambda": scale})
    alone = apply(TASK_ARITHMETIC, [A], BASE, weight=first), apply(TASK_ARITHMETIC, [B], BASE, weight=second)
    assert both - BASE == pytest.approx(scale * (alone[0] - BASE + alone[1] - BASE), abs=1e-12)


@given(numbers)
def test_expo_goes_on_beyond_the_model(alpha: float) -> None:
    assert apply(EXPO, [A], BASE, alpha=alpha) == pytest.approx(A + alpha * (A - BASE), abs=1e-12)

"""CART against numpy and its limits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mergec_methods.cart import CART

from tests.support.numbers import Array
from tests.support.spectra import SHAPES, apply, assert_close, block, random, truncated


def merge(models: list[Array], dtype: torch.dtype = torch.float64, **given: float) -> Array:
    return np.asarray(apply(CART, block(CART, models, None, dtype, **given)).to(torch.float64).numpy())


def test_by_hand() -> None:
    """diag(3, 0), diag(0, 3) and 0 are around diag(1, 1): (2, −1), (−1, 2) and (−1, −1) on the diagonal.

    With one triplet each, 2 and 2 are left of the first two; the third has none stronger than the other.
    """
    models = [np.diag([3.0, 0.0]), np.diag([0.0, 3.0]), np.diag([-0.3, 0.0])]
    average = np.diag([0.9, 1.0])
    wanted = average + np.diag([2.1, 0.0]) + np.diag([0.0, 2.0]) + np.diag([-1.2, 0.0])
    assert_close(merge(models, rank=0.5), wanted)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [3, 5])
def test_agrees_with_numpy(shape: tuple[int, int], count: int) -> None:
    models = [random(shape, seed=i) for i in range(count)]
    rank = max(1, int(0.3 * min(shape)))
    average = np.mean(models, axis=0)
    wanted = average + 0.8 * np.sum([truncated(m - average, rank) for m in models], axis=0)
    assert_close(merge(models, rank=0.3, scaling=0.8), wanted, 1e-8)
    assert_close(merge(models, torch.float32, rank=0.3, scaling=0.8), wanted, 1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_all_triplets_leave_the_average(shape: tuple[int, int]) -> None:
    models = [random(shape) for _ in range(3)]
    assert_close(merge(models, rank=1.0), np.mean(models, axis=0))
    assert_close(merge(models, scaling=0.0), np.mean(models, axis=0), 1e-15)


def test_two_models_would_leave_it_too() -> None:
    """Their differences from the average are opposite, whatever is kept of them: hence three inputs at least."""
    models = [random((12, 9)) for _ in range(2)]
    assert_close(merge(models, rank=0.2), np.mean(models, axis=0))
    assert CART.inputs.least == 3


def test_identical_models_come_back() -> None:
    model = random((12, 9))
    assert_close(merge([model] * 3), model, 1e-12)
    assert CART.idempotent


def test_order_and_stacks() -> None:
    models = [random((3, 20, 17)) for _ in range(3)]
    whole = merge(models)
    assert_close(merge(models[::-1]), whole)
    for i in range(3):
        assert_close(whole[i], merge([m[i] for m in models]), 1e-12)

"""WUDI in closed form: the minimum of its loss, found by other means, and its limits."""

from __future__ import annotations

import numpy as np
import pytest
from mergec_methods.wudi import WUDI

from tests.support.numbers import Array
from tests.support.spectra import assert_close, check_common, merged, orthonormal, random

SHAPES = [(12, 12), (40, 9), (9, 40), (5, 30), (1, 7), (7, 1)]


def reference(deltas: list[Array]) -> Array:
    """The equation with a pseudo-inverse: the solution of least norm."""
    deltas = [d for d in deltas if d.any()]
    weights = [d.T @ d / np.sum(d * d) for d in deltas]
    right = sum(d @ g for d, g in zip(deltas, weights, strict=True))
    return np.asarray(right @ np.linalg.pinv(np.sum(weights, axis=0), rcond=1e-9, hermitian=True))


def gradient(x: Array, deltas: list[Array]) -> Array:
    return np.asarray(sum((x - d) @ d.T @ d / np.sum(d * d) for d in deltas))


def test_by_hand() -> None:
    """One output: rows (2, 0) and (1, 1). Gram matrices over squares: diag(1, 0) and ½ everywhere. x solves

    1.5 x₁ + 0.5 x₂ = 2 + 1 and 0.5 x₁ + 0.5 x₂ = 0 + 1: x = (2, 0).
    """
    assert_close(merged(WUDI, [np.array([[2.0, 0.0]]), np.array([[1.0, 1.0]])]), np.array([[2.0, 0.0]]), 1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [2, 3])
def test_agrees_with_pseudo_inverse(shape: tuple[int, int], count: int) -> None:
    deltas = [random(shape, seed=i) for i in range(count)]
    assert_close(merged(WUDI, deltas, scaling=0.7), 0.7 * reference(deltas), 1e-6)


@pytest.mark.parametrize("shape", [(30, 20), (20, 30)])
def test_low_rank(shape: tuple[int, int]) -> None:
    deltas = [random(shape, rank=r, seed=r) for r in (2, 5, 1)]
    assert_close(merged(WUDI, deltas), reference(deltas), 1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_gradient_vanishes(shape: tuple[int, int]) -> None:
    deltas = [random(shape, seed=i) for i in range(3)]
    size = np.abs(gradient(np.zeros(shape), deltas)).max()
    assert np.abs(gradient(merged(WUDI, deltas), deltas)).max() <= 1e-8 * size


def test_descent_gets_there() -> None:
    """Steps along the gradient from the sum, as the paper takes them with Adam, end in the closed form."""
    deltas = [random((6, 4), seed=i) for i in range(2)]
    x = np.sum(deltas, axis=0)
    for _ in range(20000):
        x = x - 0.5 * gradient(x, deltas)
    assert_close(merged(WUDI, deltas), x, 1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_one_task_comes_back(shape: tuple[int, int]) -> None:
    delta = random(shape)
    assert_close(merged(WUDI, [delta]), delta, 1e-15)
    assert_close(merged(WUDI, [delta, np.zeros(shape)]), delta, 1e-15)


def test_orthogonal_rows_are_summed() -> None:
    """Tasks that look at different inputs do not interfere, whatever they write."""
    right = orthonormal(20, 8, 1)
    first, second = random((6, 3)) @ right[:, :3].T, random((6, 5)) @ right[:, 3:].T
    assert_close(merged(WUDI, [first, second]), first + second)


@pytest.mark.parametrize("shape", [(12, 12), (30, 7), (7, 30)])
def test_identical_tasks_come_back_once(shape: tuple[int, int]) -> None:
    delta = random(shape)
    assert_close(merged(WUDI, [delta] * 3), delta, 1e-6)


def test_damping_leads_back_to_the_sum() -> None:
    deltas = [random((12, 10), seed=i) for i in (1, 2)]
    exact, total = merged(WUDI, deltas), np.sum(deltas, axis=0)
    distances = [np.abs(merged(WUDI, deltas, damping=d) - total).max() for d in (0.0, 0.1, 1.0, 10.0, 1e6)]
    assert distances == sorted(distances, reverse=True)
    assert distances[0] == pytest.approx(np.abs(exact - total).max())
    assert distances[-1] < 1e-5


def test_what_holds_for_all() -> None:
    check_common(WUDI)

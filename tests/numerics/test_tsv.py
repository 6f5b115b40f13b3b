"""Task singular vectors against numpy, a case worked by hand, and what must hold for any matrices."""

from __future__ import annotations

import numpy as np
import pytest
from mergec_methods.tsv import TSV

from tests.support.numbers import Array
from tests.support.spectra import SHAPES, assert_close, check_common, merged, orthonormal, procrustes, random, truncated


def reference(deltas: list[Array], rank: int) -> Array:
    """The strongest triplets of each, all vectors of a side replaced by the nearest orthogonal ones."""
    triplets = [np.linalg.svd(d, full_matrices=False) for d in deltas]
    left = procrustes(np.concatenate([u[:, :rank] for u, _, _ in triplets], axis=1))
    right = procrustes(np.concatenate([vt[:rank].T for _, _, vt in triplets], axis=1))
    return np.asarray(left @ np.diag(np.concatenate([s[:rank] for _, s, _ in triplets])) @ right.T)


def test_by_hand() -> None:
    """Two rank-one tasks at 60° on the left: their vectors are turned to 45° either side of the bisector."""
    a, b = np.array([1.0, 0.0]), np.array([0.5, 0.75**0.5])
    first, second = np.outer(a, [1.0, 0.0]), 2 * np.outer(b, [0.0, 1.0])
    middle, across = (a + b) / np.linalg.norm(a + b), (a - b) / np.linalg.norm(a - b)
    turned = (middle + across) / 2**0.5, (middle - across) / 2**0.5
    wanted = np.outer(turned[0], [1.0, 0.0]) + 2 * np.outer(turned[1], [0.0, 1.0])
    assert_close(merged(TSV, [first, second]), wanted)
    assert np.dot(*turned) == pytest.approx(0.0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [2, 3])
def test_agrees_with_numpy(shape: tuple[int, int], count: int) -> None:
    deltas = [random(shape, seed=i) for i in range(count)]
    rank = max(1, min(shape) // count)
    assert_close(merged(TSV, deltas, scaling=0.7), 0.7 * reference(deltas, rank), 1e-8)


def test_rank_given() -> None:
    deltas = [random((20, 10), seed=i) for i in range(3)]
    for share, rank in ((0.5, 5), (1.0, 10), (0.0, 1), (0.19, 1)):
        assert_close(merged(TSV, deltas, rank=share), reference(deltas, rank), 1e-8)


@pytest.mark.parametrize("shape", SHAPES)
def test_one_task_comes_back(shape: tuple[int, int]) -> None:
    delta = random(shape)
    assert_close(merged(TSV, [delta]), delta)
    assert_close(merged(TSV, [delta], scaling=0.5), 0.5 * delta)


def test_orthogonal_tasks_are_summed() -> None:
    left, right = orthonormal(30, 6, 1), orthonormal(14, 6, 2)
    first, second = left[:, :3] @ np.diag([5, 4, 3]) @ right[:, :3].T, left[:, 3:] @ np.diag([9, 2, 1]) @ right[:, 3:].T
    assert_close(merged(TSV, [first, second]), first + second)


def test_identical_tasks_count_once() -> None:
    delta = random((16, 12))
    assert_close(merged(TSV, [delta, delta]), truncated(delta, 6), 1e-8)
    assert_close(merged(TSV, [delta, delta], rank=1.0), delta, 1e-8)


def test_low_rank_and_zero_tasks() -> None:
    """A zero delta takes its share of ranks and no more; a task of low rank keeps what it has."""
    delta = random((16, 12), rank=2)
    assert_close(merged(TSV, [delta, np.zeros((16, 12))]), delta)
    other = random((16, 12), rank=3)
    u = [np.linalg.svd(d)[0][:, :r] for d, r in ((delta, 2), (other, 3))]
    got = merged(TSV, [delta, other])
    assert np.linalg.matrix_rank(got, tol=1e-6) == 5
    space = np.concatenate(u, axis=1)
    assert_close(space @ np.linalg.lstsq(space, got, rcond=None)[0], got, 1e-8)


def test_singular_values_are_those_of_the_tasks() -> None:
    deltas = [random((24, 18), seed=i) for i in (5, 6)]
    wanted = np.sort(np.concatenate([np.linalg.svd(d, compute_uv=False)[:9] for d in deltas]))[::-1]
    assert np.linalg.svd(merged(TSV, deltas), compute_uv=False) == pytest.approx(wanted)


def test_size_of_numbers_does_not_matter() -> None:
    deltas = [random((10, 8), seed=i) for i in (1, 2)]
    plain = merged(TSV, deltas)
    for size in (1e-150, 1e150):
        assert_close(merged(TSV, [size * d for d in deltas]) / size, plain)


def test_what_holds_for_all() -> None:
    check_common(TSV)

"""Singular value calibration against numpy, a case worked by hand, and its limits."""

from __future__ import annotations

import numpy as np
import pytest
from mergec_methods.svc import SVC

from tests.support.numbers import Array
from tests.support.spectra import SHAPES, assert_close, check_common, merged, orthonormal, random, values


def calibrated(merge: Array, tasks: list[Array], alpha: float = 0.1) -> Array:
    return merged(SVC, [merge, *tasks], alpha=alpha)


def reference(merge: Array, tasks: list[Array], alpha: float) -> Array:
    u, s, vt = np.linalg.svd(merge, full_matrices=False)
    for r in range(len(s)):
        response = u[:, r] @ merge
        shares = [float(response @ (u[:, r] @ t) / np.sum((u[:, r] @ t) ** 2)) for t in tasks]
        s[r] *= len(tasks) / sum(max(alpha, share) for share in shares)
    return np.asarray(u @ np.diag(s) @ vt)


def test_by_hand() -> None:
    """Both tasks have the first direction, 1 and 3, one the second: 4 and 2 in the sum.

    Projections are 4 and 4/3 on the first: γ = 2 / (16/3) = 3/8. On the second 1 and none: γ = 2 / 1.1.
    """
    tasks = [np.diag([1.0, 2.0]), np.diag([3.0, 0.0])]
    assert_close(calibrated(np.diag([4.0, 2.0]), tasks), np.diag([1.5, 4.0 / 1.1]))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("alpha", [0.05, 0.5, 1.0])
def test_agrees_with_numpy(shape: tuple[int, int], alpha: float) -> None:
    tasks = [random(shape, seed=i) for i in range(3)]
    merge = 0.4 * np.sum(tasks, axis=0)
    assert_close(calibrated(merge, tasks, alpha), reference(merge, tasks, alpha), 1e-8)


@pytest.mark.parametrize("scale", [0.2, 1.0, 5.0])
def test_equal_tasks_come_back(scale: float) -> None:
    delta = random((14, 10))
    assert_close(calibrated(scale * delta, [delta] * 3), delta)


def test_scale_of_the_merge_does_not_matter_where_tasks_agree() -> None:
    delta, noise = random((14, 10)), [0.01 * random((14, 10)) for _ in range(3)]
    tasks = [delta + n for n in noise]
    one, other = (calibrated(c * np.sum(tasks, axis=0), tasks, 0.001) for c in (0.3, 1.0))
    assert_close(one, other, 1e-8)


def test_alpha_of_one_only_shrinks() -> None:
    tasks = [random((14, 10)) for _ in range(3)]
    merge = np.sum(tasks, axis=0)
    assert (values(calibrated(merge, tasks, 1.0)) <= values(merge) + 1e-9).all()


def test_a_task_without_response_does_not_silence_the_others() -> None:
    """Tasks that write to different outputs: each direction counts one projection of 1 and one of alpha."""
    left = orthonormal(20, 6, 1)
    tasks = [left[:, :3] @ random((3, 9)), left[:, 3:] @ random((3, 9))]
    assert_close(calibrated(np.sum(tasks, axis=0), tasks), reference(np.sum(tasks, axis=0), tasks, 0.1), 1e-6)
    zero = np.zeros((20, 9))
    assert_close(calibrated(tasks[0], [tasks[0], zero]), tasks[0] * 2 / 1.1)


def test_low_rank_and_nothing() -> None:
    tasks = [random((12, 9), rank=2) for _ in range(2)]
    merge = np.sum(tasks, axis=0)
    assert np.linalg.matrix_rank(calibrated(merge, tasks), tol=1e-9) == 4
    assert_close(calibrated(merge, []), merge, 1e-15)


def test_what_holds_for_all() -> None:
    check_common(SVC, lambda method, deltas, *rest: merged(method, [sum(deltas), *deltas], *rest))

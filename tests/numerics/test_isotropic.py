"""Iso-C and Iso-CTS against numpy, cases worked by hand, and what must hold for any matrices."""

from __future__ import annotations

import numpy as np
import pytest
from mergec_methods.isotropic import ISO_C, ISO_CTS, split

from mergec.api import Method
from tests.support.numbers import Array
from tests.support.spectra import SHAPES, assert_close, check_common, merged, orthonormal, procrustes, random, values


def common_reference(deltas: list[Array]) -> Array:
    u, s, vt = np.linalg.svd(np.sum(deltas, axis=0), full_matrices=False)
    return np.asarray(s.mean() * u @ vt)


def specific_reference(deltas: list[Array], common: int, own: int) -> Array:
    u, s, vt = np.linalg.svd(np.sum(deltas, axis=0), full_matrices=False)
    lefts, spectra, rights = [u[:, :common]], [s[:common]], [vt[:common].T]
    for delta in deltas:
        residual = delta - u[:, :common] @ u[:, :common].T @ delta
        a, b, c = np.linalg.svd(residual, full_matrices=False)
        lefts, spectra, rights = [*lefts, a[:, :own]], [*spectra, b[:own]], [*rights, c[:own].T]
    factors = procrustes(np.concatenate(lefts, axis=1)) @ procrustes(np.concatenate(rights, axis=1)).T
    return np.asarray(np.concatenate(spectra).mean() * factors)


def test_by_hand() -> None:
    """Singular values 3 and 1 become 2 and 2; signs and order of axes stay."""
    deltas = [np.array([[0.0, 2.0], [-1.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 0.0]])]
    assert_close(merged(ISO_C, deltas), np.array([[0.0, 2.0], [-2.0, 0.0]]))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [1, 2, 4])
def test_common_agrees_with_numpy(shape: tuple[int, int], count: int) -> None:
    deltas = [random(shape, seed=i) for i in range(count)]
    assert_close(merged(ISO_C, deltas, scaling=1.3), 1.3 * common_reference(deltas))


@pytest.mark.parametrize("shape", [(12, 12), (40, 9), (9, 40), (30, 25)])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.8, 1.0])
def test_specific_agrees_with_numpy(shape: tuple[int, int], share: float) -> None:
    deltas = [random(shape, seed=i) for i in (3, 4)]
    common, own = split(min(shape), 2, share)
    assert common + 2 * own == min(shape)
    assert_close(merged(ISO_CTS, deltas, common=share), specific_reference(deltas, common, own), 1e-8)


def test_shares_of_directions() -> None:
    assert split(10, 2, 0.8) == (8, 1)
    assert split(10, 3, 0.8) == (10, 0)
    assert split(576, 2, 0.8) == (462, 57)
    assert split(1, 5, 0.0) == (1, 0)


@pytest.mark.parametrize("shape", SHAPES)
def test_all_common_and_one_task_are_iso_c(shape: tuple[int, int]) -> None:
    deltas = [random(shape), random(shape)]
    assert_close(merged(ISO_CTS, deltas, common=1.0), merged(ISO_C, deltas))
    assert_close(merged(ISO_CTS, deltas[:1]), merged(ISO_C, deltas[:1]), 1e-8)


def test_identical_tasks_double_the_strength() -> None:
    """The sum is not an average: scaling makes up for it."""
    delta = random((14, 9))
    assert_close(merged(ISO_C, [delta, delta]), 2 * merged(ISO_C, [delta]))


def test_sum_of_singular_values_stays() -> None:
    for deltas in ([random((14, 9)), random((14, 9))], [random((14, 9), rank=3), random((14, 9), rank=2)]):
        spectrum = values(merged(ISO_C, deltas))
        assert spectrum.sum() == pytest.approx(values(np.sum(deltas, axis=0)).sum())
        assert spectrum[spectrum > 1e-9] == pytest.approx(spectrum[0])


def test_low_rank_gets_no_new_directions() -> None:
    left, right = orthonormal(20, 4, 1), orthonormal(15, 4, 2)
    deltas = [left[:, :2] @ np.diag([3, 1]) @ right[:, :2].T, left[:, 2:] @ np.diag([6, 2]) @ right[:, 2:].T]
    for method in (ISO_C, ISO_CTS):
        assert_close(merged(method, deltas), 3.0 * left @ right.T, 1e-8)


def test_opposite_tasks_leave_the_base() -> None:
    delta = random((8, 6))
    assert not merged(ISO_C, [delta, -delta]).any()


@pytest.mark.parametrize("method", [ISO_C, ISO_CTS], ids=lambda m: m.name)
def test_what_holds_for_all(method: Method) -> None:
    check_common(method)

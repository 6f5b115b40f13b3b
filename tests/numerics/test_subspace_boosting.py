"""Subspace boosting against numpy, a case worked by hand, and its limits."""

from __future__ import annotations

import numpy as np
import pytest
from mergec_methods.subspace_boosting import SUBSPACE_BOOSTING

from tests.support.numbers import Array
from tests.support.spectra import SHAPES, assert_close, check_common, merged, random, values


def boosted(merge: Array, beta: float) -> Array:
    return merged(SUBSPACE_BOOSTING, [merge], beta=beta)


@pytest.mark.parametrize(
    ("beta", "wanted"),
    [
        (0.0, [4, 4, 4, 4]),
        (0.01, [4, 4, 4, 4]),
        (0.4, [4, 4, 4, 4]),
        (0.41, [4, 3, 3, 3]),
        (0.7, [4, 3, 3, 3]),
        (0.9, [4, 3, 2, 2]),
        (1.0, [4, 3, 2, 1]),
    ],
)
def test_by_hand(beta: float, wanted: list[float]) -> None:
    """Running shares of 4, 3, 2, 1 are 0.4, 0.7, 0.9 and 1."""
    assert_close(boosted(np.diag([4.0, 3.0, 2.0, 1.0]), beta), np.diag(wanted))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("beta", [0.01, 0.3, 0.9])
def test_agrees_with_numpy(shape: tuple[int, int], beta: float) -> None:
    merge = random(shape)
    u, s, vt = np.linalg.svd(merge, full_matrices=False)
    cutoff = s[np.argmax(np.cumsum(s) / s.sum() >= beta)]
    assert_close(boosted(merge, beta), u @ np.diag(np.maximum(s, cutoff)) @ vt)


def test_low_rank_gets_no_new_directions() -> None:
    spectrum = values(boosted(random((20, 15), rank=3), 0.0))
    assert spectrum[:3] == pytest.approx(spectrum[0])
    assert spectrum[3:] == pytest.approx(0.0, abs=1e-9)


def test_never_weaker_and_in_proportion() -> None:
    merge = random((20, 15))
    assert (values(boosted(merge, 0.2)) >= values(merge) - 1e-9).all()
    assert_close(boosted(0.3 * merge, 0.2), 0.3 * boosted(merge, 0.2))
    assert_close(boosted(merge, 1.0), merge, 1e-14)


def test_what_holds_for_all() -> None:
    check_common(SUBSPACE_BOOSTING, lambda method, deltas, *rest: merged(method, [sum(deltas), *deltas], *rest))

"""dare and della draw other random numbers than mergekit: what must agree is how much is kept, and of what size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.parity.case import Case, written
from tests.support.mergekit import MISSING, find_mergekit, run_mergekit
from tests.support.merges import merge, read_model
from tests.support.numbers import Array

pytestmark = pytest.mark.skipif(find_mergekit() is None, reason=MISSING)

ONE = """
models:
  - model: {a}
  - model: {b}
    parameters: {weight: 1.0, density: 0.4}
merge_method: METHOD
base_model: {a}
parameters: {normalize: false, rescale: RESCALE}
"""

LARGE = 10_000


def deltas(folder: Path, method: str, rescale: str) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array]]:
    """The whole deltas of the large tensors, and what both programs leave of them."""
    case = Case(method, "models", ("F64",) * 5, ONE.replace("METHOD", method).replace("RESCALE", rescale))
    recipe = written(folder, case)
    theirs = run_mergekit(recipe, folder / "theirs")
    ours = merge(folder, recipe.read_text(), output="ours", tongue="yaml")
    base, tuned = read_model(folder / "a"), read_model(folder / "b")
    large = [n for n, t in base.items() if t.elements > LARGE]
    whole = {n: tuned[n].values - base[n].values for n in large}
    return whole, *({n: made[n].values - base[n].values for n in large} for made in (ours, theirs))


@pytest.mark.parametrize("method", ["dare_linear", "dare_ties", "della", "della_linear"])
def test_as_much_is_kept(tmp_path: Path, method: str) -> None:
    whole, ours, theirs = deltas(tmp_path, method, "false")
    for made in (ours, theirs):
        for name, delta in whole.items():
            kept = np.abs(made[name] / delta) > 0.5
            assert abs(kept.mean() - 0.4) < 5 * np.sqrt(0.24 / kept.size)
    chances = [[share_by_size(made[n], whole[n]) for n in whole] for made in (ours, theirs)]
    mine, other = (np.mean(c, axis=0) for c in chances)
    assert np.abs(mine - other).max() < 0.02
    rising = mine[-1] - mine[0]
    assert rising == pytest.approx(0.27 if "della" in method else 0.0, abs=0.03)


def share_by_size(made: Array, whole: Array) -> Array:
    """How much is kept of each tenth of the elements of a row, the smallest first."""
    kept = np.take_along_axis(np.abs(made / whole) > 0.5, np.argsort(np.abs(whole), axis=1), axis=1)
    return np.array([part.mean() for part in np.array_split(kept, 10, axis=1)])


@pytest.mark.parametrize("method", ["dare_linear", "della"])
def test_what_is_kept_is_scaled_alike(tmp_path: Path, method: str) -> None:
    whole, ours, theirs = deltas(tmp_path, method, "true")
    for name, delta in whole.items():
        for made in (ours, theirs):
            assert np.abs(made[name]).sum() == pytest.approx(np.abs(delta).sum(), rel=1e-6)

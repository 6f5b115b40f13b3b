"""The methods on deltas through mergekit and mergec: the same but for elements at a threshold.

A method of thresholds and signs has no error in the last place: an element is kept or dropped. So what is compared is
the share of elements that come out otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mergec.diagnostics import Report, Source
from mergec.driver import Request, compile_recipe
from mergec.plan import Stored as StoredOperand
from tests.parity.case import Case, written
from tests.parity.delta_cases import DELTA_CASES
from tests.parity.delta_reference import Wanted, wanted
from tests.support.mergekit import MISSING, find_mergekit, run_mergekit
from tests.support.merges import merge, read_model
from tests.support.numbers import Array, Stored, ulp

pytestmark = pytest.mark.skipif(find_mergekit() is None, reason=MISSING)

EQUAL = 0.01
"""Of two elements of one size, at most one may be kept where a threshold lies, and which one is anyone's choice; so
many of 100 are concerned in these models in bfloat16."""

OWN_NOISE = {"arcee_fusion": 0.003}
"""mergekit takes the divergences of rows in float32, where most of their digits are lost."""


@dataclass(frozen=True)
class Shares:
    """Of elements that are apart, over all tensors: from each other, and each from the reference."""

    apart: float
    ours_off: float
    theirs_off: float


def run(folder: Path, case: Case) -> Shares:
    recipe = written(folder, case)
    theirs = run_mergekit(recipe, folder / "theirs")
    ours = merge(folder, recipe.read_text(), output="ours", tongue="yaml")
    found = np.array([counts(ours[n], theirs[n], w) for n, w in references(folder, recipe).items()])
    elements = sum(t.elements for t in ours.values())
    assert ours.keys() == theirs.keys()
    return Shares(*(found.sum(axis=0) / elements))


def references(folder: Path, recipe: Path) -> dict[str, Wanted]:
    plan = compile_recipe(Source(str(recipe), recipe.read_text()), Request(str(folder), workers=1), Report()).plan
    inputs = [read_model(Path(opened.model.path)) for opened in plan.catalog.models]

    def values_of(operand: object) -> Array:
        assert isinstance(operand, StoredOperand)
        return inputs[operand.model][operand.entry.name].values

    found = {}
    for a in plan.assignments:
        assert a.method is not None
        base = None if a.base is None else values_of(a.base)
        bound = {(b.name, b.input): b.value for b in a.bound}
        found[a.name] = wanted(a.method.name, [values_of(o) for o in a.operands], base, bound)
    return found


def counts(ours: Stored, theirs: Stored, reference: Wanted) -> tuple[int, int, int]:
    assert ours.shape == theirs.shape
    steps = 4.0 if ours.code == "F32" else 1.0
    room = steps * ulp(reference.terms, ours.code)
    pairs = (ours.values, theirs.values), (ours.values, reference.values), (theirs.values, reference.values)
    one, two, three = (int((np.abs(a - b) > room).sum()) for a, b in pairs)
    return one, two, three


@pytest.mark.parametrize("case", DELTA_CASES, ids=lambda case: case.name)
def test_shares(tmp_path: Path, case: Case) -> None:
    """Run with -s to see the rows of docs/parity.md."""
    shares = run(tmp_path, case)
    cells = (f"{100 * share:.4f} %" for share in (shares.apart, shares.ours_off, shares.theirs_off))
    print(f"\n| {case.method} | {case.form} | {case.kinds} | {' | '.join(cells)} |")
    if case.kinds == "F32":
        assert shares.ours_off == 0
        assert shares.apart <= OWN_NOISE.get(case.method, 1e-4)
    elif case.form.endswith("dtype float32"):
        assert max(shares.ours_off, shares.theirs_off) <= EQUAL
        assert shares.apart <= EQUAL
    else:
        assert shares.ours_off <= EQUAL
        assert shares.ours_off <= shares.theirs_off

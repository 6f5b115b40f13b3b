"""Prints how far mergec and mergekit are apart, case by case, as a table of docs/parity.md.

python tests/parity/table.py, with mergekit in an environment of its own: MERGEC_MERGEKIT=…/bin/mergekit-yaml
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.parity.cases import CASES
from tests.parity.compare import Outcome, distance_ulps, run_case
from tests.support.mergekit import MISSING, find_mergekit
from tests.support.numbers import TORCH_NAME, Array

HEAD = """\
| method | recipe | inputs | output | equal values | max ulp | max ulp, cancelling | mergec off | mergekit off |
|---|---|---|---|--:|--:|--:|--:|--:|"""


def main() -> int:
    """Print the table; 2 if there is no mergekit."""
    if find_mergekit() is None:
        print(MISSING, file=sys.stderr)
        return 2
    print(HEAD)
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            print(row(run_case(Path(folder), case)), flush=True)
    return 0


def row(outcome: Outcome) -> str:
    """One line of the table: all tensors of a case together."""
    equal, plain, cancelling, ours_off, theirs_off = [], [], [], [], []
    for name, reference in outcome.references.items():
        ours, theirs = outcome.ours[name], outcome.theirs[name]
        equal.append((ours.values == theirs.values).ravel())
        plain.append(distance_ulps(ours, theirs, reference.wanted)[reference.plain])
        cancelling.append(distance_ulps(ours, theirs, reference.terms)[~reference.plain])
        for off, tensor in ((ours_off, ours), (theirs_off, theirs)):
            off.append((np.abs(tensor.values - reference.wanted) / reference.last_place(tensor.code)).ravel())
    case = outcome.case
    output = next(iter(outcome.ours.values())).code
    cells = (case.method, case.form, case.kinds, TORCH_NAME[output], shown_share(equal))
    numbers = (largest(plain), largest(cancelling), largest(ours_off), largest(theirs_off))
    return f"| {' | '.join((*cells, *numbers))} |"


def shown_share(equal: list[Array]) -> str:
    share = np.concatenate(equal).mean()
    return "all" if share == 1.0 else f"{min(100 * share, 99.99):.2f} %"


def largest(values: list[Array]) -> str:
    return f"{np.concatenate(values).max(initial=0.0):.3g}"


if __name__ == "__main__":
    sys.exit(main())

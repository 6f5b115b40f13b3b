"""The same recipes through mergekit and mergec, compared tensor by tensor."""

from __future__ import annotations

import numpy as np
import pytest

from tests.parity.blend_reference import COMPUTED_AS_STORED
from tests.parity.case import Case
from tests.parity.cases import CASES
from tests.parity.compare import Outcome, Reference, distance_ulps, run_case
from tests.support.mergekit import MISSING, find_mergekit
from tests.support.numbers import Array, Stored, ulp

pytestmark = pytest.mark.skipif(find_mergekit() is None, reason=MISSING)

OWN_ERROR = {"BF16": 0.51, "F16": 0.51, "F32": 0.51, "F64": 2.0}
"""What mergec's result may be off by, in units of the last place at the size of the terms: one rounding; a float64
output is rounded at each step, as the reference is."""

FLOAT32_NOISE = 2.0**-20
"""mergekit computes in float32, its coefficients included; relative to the terms that is up to ten times 2⁻²⁴."""

LARGER_NOISE = {"multislerp": 2.0**-19, "karcher": 2.0**-19}
"""The same for methods that take more steps in float32."""

STEPWISE_ERROR = 8.0
"""What mergekit's result may be off by where each of its steps is rounded to 16 bits, in units of the last place."""

LARGER_ERROR = {"karcher": 64.0}
"""The same for a method that takes angles from cosines of 16 bits: those of models that are alike are mostly lost."""


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    case: Case = request.param
    return run_case(tmp_path_factory.mktemp("case"), case)


def test_names_types_and_shapes(outcome: Outcome) -> None:
    ours = {name: (tensor.code, tensor.shape) for name, tensor in outcome.ours.items()}
    assert ours == {name: (tensor.code, tensor.shape) for name, tensor in outcome.theirs.items()}
    assert all(tensor.elements >= 100 for tensor in outcome.ours.values())


def test_values(outcome: Outcome) -> None:
    assert outcome.references.keys() == outcome.ours.keys()
    for name, reference in outcome.references.items():
        ours, theirs = outcome.ours[name], outcome.theirs[name]
        if ours.code in ("F32", "F64") or outcome.case.method in COMPUTED_AS_STORED:
            compare_with_reference(name, ours, theirs, reference, allowed(outcome.case.method, reference, ours.code))
        else:
            compare_narrow(name, ours, theirs, reference)


def allowed(method: str, reference: Reference, code: str) -> Array:
    """How far off mergekit's result is known to be."""
    if code in ("BF16", "F16"):
        return LARGER_ERROR.get(method, STEPWISE_ERROR) * reference.last_place(code)
    noise = LARGER_NOISE.get(method, FLOAT32_NOISE) if code == "F32" else 2.0**-50
    return noise * reference.terms


def test_mergec_is_as_near_to_the_reference(outcome: Outcome) -> None:
    worst = {"ours": 0.0, "theirs": 0.0}
    for name, reference in outcome.references.items():
        for which, tensors in (("ours", outcome.ours), ("theirs", outcome.theirs)):
            tensor = tensors[name]
            errors = np.abs(tensor.values - reference.wanted) / reference.last_place(tensor.code)
            worst[which] = max(worst[which], float(errors.max()))
        assert worst["ours"] <= OWN_ERROR[outcome.ours[name].code], name
    assert worst["ours"] <= worst["theirs"] + 2**-10


def compare_narrow(name: str, ours: Stored, theirs: Stored, reference: Reference) -> None:
    """Results of 16 bits are neighbours at most; only where terms cancel does float32 show beside that."""
    apart = distance_ulps(ours, theirs, reference.wanted)
    assert (apart[reference.plain] <= 1.0).all(), name
    difference = np.abs(ours.values - theirs.values)
    assert (difference <= ulp(reference.wanted, ours.code) + FLOAT32_NOISE * reference.terms).all(), name


def compare_with_reference(
    name: str, ours: Stored, theirs: Stored, reference: Reference, theirs_allowed: Array
) -> None:
    """A difference is mergekit's own rounding, where it computes in the type that it writes."""
    difference = np.abs(ours.values - theirs.values)
    theirs_off = np.abs(theirs.values - reference.wanted)
    ours_off = OWN_ERROR[ours.code] * reference.last_place(ours.code)
    assert (difference <= theirs_off + ours_off).all(), name
    assert (theirs_off <= theirs_allowed).all(), name

"""Two results of one recipe beside a float64 reference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mergec.diagnostics import Report, Source
from mergec.driver import Request, compile_recipe
from mergec.plan import Assignment, Operand
from mergec.plan import Stored as StoredOperand
from tests.parity.blend_reference import COMPUTED_AS_STORED, Values, blended
from tests.parity.case import Case, written
from tests.parity.reference import Reference
from tests.support.mergekit import run_mergekit
from tests.support.merges import merge, read_model
from tests.support.numbers import Array, Stored, ulp
from tests.support.references import Weights, linear_weights, size_of_terms, slerp_weights, weighted

Tensors = dict[str, Stored]


@dataclass(frozen=True)
class Outcome:
    """A case run both ways."""

    case: Case
    ours: Tensors
    theirs: Tensors
    references: dict[str, Reference]


def run_case(folder: Path, case: Case) -> Outcome:
    """Run both programs. Raises MergekitFailed, RecipeError."""
    recipe = written(folder, case)
    theirs = run_mergekit(recipe, folder / "theirs")
    ours = merge(folder, recipe.read_text(), output="ours", tongue="yaml")
    return Outcome(case, ours, theirs, references_of(folder, recipe))


def references_of(folder: Path, recipe: Path) -> dict[str, Reference]:
    """The methods' own formulas over the stored values, with the parameters that the plan names for each tensor."""
    request = Request(str(folder), workers=1)
    plan = compile_recipe(Source(str(recipe), recipe.read_text()), request, Report()).plan
    inputs = [read_model(Path(opened.model.path)) for opened in plan.catalog.models]
    return {assignment.name: reference_of(assignment, inputs) for assignment in plan.assignments}


def reference_of(assignment: Assignment, inputs: list[Tensors]) -> Reference:
    assert assignment.method is not None
    vectors = [values_of(o, inputs) for o in assignment.operands]
    base = None if assignment.base is None else values_of(assignment.base, inputs)
    values = {(b.name, b.input): b.value for b in assignment.bound}
    if assignment.method.name in COMPUTED_AS_STORED:
        return blended(assignment.method.name, vectors, base, values)
    weights = weights_of(assignment.method.name, vectors, values)
    return Reference(weighted(weights, vectors), size_of_terms(weights, vectors))


def values_of(operand: Operand, inputs: list[Tensors]) -> Array:
    assert isinstance(operand, StoredOperand)
    return inputs[operand.model][operand.entry.name].values


def weights_of(method: str, vectors: list[Array], values: Values) -> Weights:
    match method:
        case "slerp":
            return slerp_weights(vectors[0], vectors[1], float(values["t", None] or 0))
        case "linear":
            given = [float(values["weight", i] or 0) for i in range(len(vectors))]
            return linear_weights(given, bool(values["normalize", None]))
        case "passthrough":
            scale = values["scale", 0]
            return (1.0 if scale is None else float(scale),)
        case other:
            raise AssertionError(other)


def distance_ulps(one: Stored, other: Stored, at: Array) -> Array:
    """How far two tensors are apart, in units of the last place that their type has at each value of `at`."""
    return np.abs(one.values - other.values) / ulp(at, one.code)

"""Two results of one recipe beside a float64 reference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mergec.diagnostics import Report, Source
from mergec.driver import Request, compile_recipe
from mergec.plan import Assignment
from mergec.plan import Stored as StoredOperand
from tests.parity.cases import Case, written
from tests.support.mergekit import run_mergekit
from tests.support.merges import merge, read_model
from tests.support.numbers import Array, Stored, ulp
from tests.support.references import Weights, linear_weights, size_of_terms, slerp_weights, weighted

Tensors = dict[str, Stored]


@dataclass(frozen=True)
class Reference:
    """What a tensor should be, and the sum of its terms' absolute values; both float64."""

    wanted: Array
    terms: Array

    def last_place(self, code: str) -> Array:
        """One unit in the last place at the size of the terms; in plain sums, about that of the result."""
        return ulp(self.terms, code)

    @property
    def plain(self) -> NDArray[np.bool_]:
        """Where the terms do not cancel: at least half of their size is left."""
        return np.abs(self.wanted) >= 0.5 * self.terms


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
    operands = [o for o in assignment.operands if isinstance(o, StoredOperand)]
    vectors = [inputs[o.model][o.entry.name].values for o in operands]
    weights = weights_of(assignment, vectors)
    return Reference(weighted(weights, vectors), size_of_terms(weights, vectors))


def weights_of(assignment: Assignment, vectors: list[Array]) -> Weights:
    assert assignment.method is not None
    values = {(b.name, b.input): b.value for b in assignment.bound}
    match assignment.method.name:
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

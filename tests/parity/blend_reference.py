"""References for the blends of differences and the means on the sphere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mergec.core.params import Value
from tests.parity.reference import Reference
from tests.support.blend_references import along, arc_or_chord, karcher, model_stock, multislerp, norm
from tests.support.numbers import Array
from tests.support.references import linear_weights

Values = Mapping[tuple[str, int | None], Value | None]
"""Parameters by name and input."""

COMPUTED_AS_STORED = frozenset({"task_arithmetic", "nuslerp", "multislerp", "karcher", "model_stock"})
"""Methods that mergekit computes in the type of the inputs: each of its steps is rounded to 16 bits, where they are."""


def blended(method: str, vectors: Sequence[Array], base: Array | None, values: Values) -> Reference:
    """The reference for one tensor."""
    match method:
        case "task_arithmetic":
            return task_arithmetic(vectors, base, values)
        case "nuslerp":
            return nuslerp(vectors, base, values)
        case "multislerp":
            weights = weights_of(values, len(vectors), "normalize_weights")
            eps = float(values["eps", None] or 0)
            return from_base(lambda deltas: multislerp(deltas, weights, eps), vectors, base, weights)
        case "karcher":
            return mean_on_the_sphere(vectors, values)
        case "model_stock":
            return stock(vectors, base, values)
        case other:
            raise AssertionError(other)


def weights_of(values: Values, count: int, flag: str) -> tuple[float, ...]:
    return linear_weights([float(values["weight", i] or 0) for i in range(count)], bool(values[flag, None]))


def from_base(
    function: Callable[[list[Array]], Array], vectors: Sequence[Array], base: Array | None, weights: Sequence[float]
) -> Reference:
    """A function of differences where there is a base, of the tensors where there is none."""
    start = np.zeros_like(vectors[0]) if base is None else base
    deltas = [x - start for x in vectors]
    terms = np.sum([abs(w) * np.abs(d) for w, d in zip(weights, deltas, strict=True)], axis=0)
    wanted = function(deltas)
    return Reference(start + wanted, np.abs(start) + np.maximum(terms, np.abs(wanted)))


def task_arithmetic(vectors: Sequence[Array], base: Array | None, values: Values) -> Reference:
    scale = float(values["lambda", None] or 0)
    weights = [scale * w for w in weights_of(values, len(vectors), "normalize")]
    return from_base(lambda deltas: np.tensordot(weights, np.stack(deltas), 1), vectors, base, weights)


def nuslerp(vectors: Sequence[Array], base: Array | None, values: Values) -> Reference:
    weights = weights_of({**values, ("normalize", None): True}, 2, "normalize")
    axis = None if values["nuslerp_flatten", None] else 0 if values["nuslerp_row_wise", None] else -1
    return from_base(
        lambda deltas: along(axis, lambda a, b: arc_or_chord(a, b, weights[1]), *deltas), vectors, base, weights
    )


def mean_on_the_sphere(vectors: Sequence[Array], values: Values) -> Reference:
    """The terms are about those of the average, longer by what the average has lost."""
    wanted = karcher(vectors, int(values["max_iter", None] or 0), float(values["tol", None] or 0))
    longer = norm(wanted) / norm(np.mean(vectors, axis=0))
    return Reference(wanted, np.maximum(np.abs(wanted), longer * np.mean(np.abs(vectors), axis=0)))


def stock(vectors: Sequence[Array], base: Array | None, values: Values) -> Reference:
    assert base is not None
    axis = -1 if values["filter_wise", None] else None
    wanted = along(axis, lambda b, *x: model_stock(b, x), base, *vectors)
    return Reference(wanted, np.abs(base) + np.mean([np.abs(x - base) for x in vectors], axis=0))

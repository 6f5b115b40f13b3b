"""What the methods on deltas should give, in float64, and where elements lie at a threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mergec.core.params import Value
from tests.support.numbers import Array
from tests.support.selection_references import arcee_fusion, nearswap, ram, sce
from tests.support.task_references import middle, task, trimmed

Values = Mapping[tuple[str, int | None], Value | None]


@dataclass(frozen=True)
class Wanted:
    """A float64 reference, and the sum of the absolute values that went into it."""

    values: Array
    terms: Array


def wanted(method: str, vectors: Sequence[Array], base: Array | None, values: Values) -> Wanted:
    start = vectors[0] if base is None else base
    terms = np.abs(start) + np.sum([np.abs(v - start) for v in vectors], axis=0)
    return Wanted(_result(method, vectors, base, values), terms)


def _result(method: str, vectors: Sequence[Array], base: Array | None, values: Values) -> Array:
    def number(name: str, i: int | None = None) -> float:
        return float(values[name, i] or 0)

    if base is None:
        assert method == "arcee_fusion"
        return arcee_fusion(vectors[0], vectors[1])
    match method:
        case "sce":
            return sce(base, vectors, number("select_topk"))
        case "ram":
            return ram(base, vectors, number("epsilon"))
        case "ramplus_tl":
            return ram(base, vectors, *map(number, ("epsilon", "r", "alpha")))
        case "nearswap":
            return nearswap(base, vectors[0], number("t"))
    return task(
        base,
        vectors,
        [number("weight", i) for i in range(len(vectors))],
        lambda delta, i: (
            trimmed(delta, number("density", i))
            if method == "ties"
            else middle(delta, number("density", i), number("gamma", i))
        ),
        agree=method.endswith("ties"),
        normalize=bool(number("normalize")),
        rescale=bool(number("rescale")),
        factor=number("lambda"),
    )

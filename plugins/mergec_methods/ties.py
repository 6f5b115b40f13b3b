"""TIES-Merging: trim each delta, elect a sign for each element, merge what agrees with it."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from mergec.api import Block
from mergec_methods.masks import magnitudes, masked, to_magnitudes
from mergec_methods.ranking import ranking
from mergec_methods.task import (
    DENSITY,
    LAMBDA,
    Thinning,
    normalize_param,
    rescale_param,
    task_method,
)
from mergec_methods.weights import WEIGHT

if TYPE_CHECKING:
    from torch import Tensor


def trimmed(block: Block, i: int, delta: Tensor) -> Tensor:
    """The delta's largest elements; the others are 0."""
    (cut,) = block.measured[1][i]
    return masked(delta, cut.mask(magnitudes(delta), block.first))


def values(block: Block, i: int) -> Tensor | None:
    """The magnitudes of a delta, if there is something to trim."""
    return to_magnitudes(block.delta(i)) if block.arguments.numbers("density")[i] < 1.0 else None


def ranks(block: Block, i: int, nonzero: int) -> tuple[int, ...]:
    """How many elements to keep: the density's share of them, rounded down, but at least 1."""
    elements = prod(block.shape)
    return (min(elements, max(1, int(block.arguments.numbers("density")[i] * elements))),)


TRIM = Thinning(trimmed, ranking(values, ranks))

TIES = task_method(
    "ties",
    "Keep the largest elements of each delta, and add those that agree on a sign to the base.",
    TRIM,
    (WEIGHT, DENSITY, normalize_param(True), rescale_param(False), LAMBDA),
    'Yadav et al., "TIES-Merging", NeurIPS 2023, arXiv 2306.01708',
    agree=True,
)

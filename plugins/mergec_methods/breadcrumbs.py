"""Model breadcrumbs: drop the largest and the smallest elements of each delta."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from mergec.api import Block, Param, Scope
from mergec_methods.masks import magnitudes, masked
from mergec_methods.ranking import ranking
from mergec_methods.task import DENSITY, LAMBDA, Thinning, normalize_param, rescale_param, task_method
from mergec_methods.ties import values
from mergec_methods.weights import WEIGHT

if TYPE_CHECKING:
    from torch import Tensor

GAMMA = Param(
    "gamma",
    "Share of the delta's elements to drop as the largest.",
    scope=Scope.PER_INPUT,
    default=0.01,
    low=0.0,
    high=1.0,
)
PARAMS = (WEIGHT, DENSITY, GAMMA, normalize_param(False), rescale_param(False), LAMBDA)
SOURCE = 'Davari and Belilovsky, "Model Breadcrumbs", ECCV 2024, arXiv 2312.06795'


def ranks(block: Block, i: int, nonzero: int) -> tuple[int, ...]:
    """Down to where elements are kept, and down to where they are too large.

    As many are kept as the density says; if that leaves fewer than gamma says, all others are dropped as too large.
    """
    elements = prod(block.shape)
    kept = int(block.arguments.numbers("density")[i] * elements)
    large = min(int(block.arguments.numbers("gamma")[i] * elements), elements - kept)
    return (large + kept, large)


def middle(block: Block, i: int, delta: Tensor) -> Tensor:
    """The delta's elements that are neither small nor too large; the others are 0."""
    kept, large = block.measured[1][i]
    mask = kept.mask(magnitudes(delta), block.first)
    if not large.empty:
        mask.bitwise_xor_(large.mask(magnitudes(delta), block.first))
    return masked(delta, mask)


BREADCRUMBS = task_method(
    "breadcrumbs",
    "Drop the largest and the smallest elements of each delta, and add the others to the base.",
    Thinning(middle, ranking(values, ranks)),
    PARAMS,
    SOURCE,
)

BREADCRUMBS_TIES = task_method(
    "breadcrumbs_ties",
    "Drop the largest and the smallest elements of each delta, and add those that agree on a sign to the base.",
    Thinning(middle, ranking(values, ranks)),
    PARAMS,
    SOURCE,
    agree=True,
)

"""DARE: drop elements of the deltas at random, and rescale the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergec.api import Block
from mergec_methods.masks import chance, likely, masked
from mergec_methods.task import DENSITY, LAMBDA, Thinning, normalize_param, rescale_param, task_method
from mergec_methods.weights import WEIGHT

if TYPE_CHECKING:
    from torch import Tensor

PARAMS = (WEIGHT, DENSITY, normalize_param(False), rescale_param(True), LAMBDA)
SOURCE = 'Yu et al., "Language Models are Super Mario", ICML 2024, arXiv 2311.03099'


def dropped(block: Block, i: int, delta: Tensor) -> Tensor:
    """Each element of the delta with the probability of the density, or 0."""
    return masked(delta, likely(block.halves(i), chance(block.arguments.numbers("density")[i])))


DARE_LINEAR = task_method(
    "dare_linear",
    "Drop elements of each delta at random, rescale the others, and add them to the base.",
    Thinning(dropped),
    PARAMS,
    SOURCE,
    random=True,
)

DARE_TIES = task_method(
    "dare_ties",
    "Drop elements of each delta at random, rescale the others, and add those that agree on a sign to the base.",
    Thinning(dropped),
    PARAMS,
    SOURCE,
    agree=True,
    random=True,
)

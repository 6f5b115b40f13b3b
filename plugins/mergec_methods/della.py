"""DELLA: drop elements of the deltas at random, small ones more often than large ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergec.api import Arguments, Block, MethodError, Param, Scope
from mergec_methods.masks import likely, magnitudes, masked
from mergec_methods.task import DENSITY, LAMBDA, Thinning, normalize_param, rescale_param, task_method
from mergec_methods.weights import WEIGHT

if TYPE_CHECKING:
    from torch import Tensor

CLASSES = 512
"""Magnitudes of a row fall into so many classes, 32 for each halving from the largest one on. The elements of a class
share the mean of their ranks: probabilities are off by a thousandth or two, and their mean not at all."""

ROWS_AT_ONCE = 128

EPSILON = Param(
    "epsilon",
    "Half of the difference between the probabilities of keeping the largest and the smallest element of a row.",
    scope=Scope.PER_INPUT,
    default=0.15,
    low=0.0,
)
SOURCE = 'Deep et al., "DELLA-Merging", 2024, arXiv 2406.11617'


def check(arguments: Arguments) -> None:
    """Raises MethodError where the probabilities would leave 0..1."""
    for i, (density, epsilon) in enumerate(
        zip(arguments.numbers("density"), arguments.numbers("epsilon"), strict=True)
    ):
        if density < 1.0 and not (density - epsilon > 0.0 and density + epsilon < 1.0):
            message = f"density ± epsilon is {density - epsilon:g} to {density + epsilon:g}, not within 0..1"
            raise MethodError(message, "epsilon", i)


def dropped(block: Block, i: int, delta: Tensor) -> Tensor:
    """Each element of the delta with a probability that grows with its rank in the row, or 0."""
    density, epsilon = (block.arguments.numbers(name)[i] for name in ("density", "epsilon"))
    halves = block.halves(i)
    for first in range(0, len(delta), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        masked(delta[rows], likely(halves[rows], chances(magnitudes(delta[rows]), density, epsilon)))
    return delta


def chances(size: Tensor, density: float, epsilon: float) -> Tensor:
    """For each element, the probability of keeping it, as `likely` takes it.

    density − ε for the smallest element of a row, density + ε for the largest, evenly spaced by rank.
    """
    import torch

    rows, columns = size.shape
    place = (size.amax(1, keepdim=True) - size).bitwise_right_shift_(18).clamp_max_(CLASSES - 1)
    place.add_(torch.arange(0, rows * CLASSES, CLASSES, dtype=torch.int32, device=size.device)[:, None])
    place = place.view(-1)
    counts = torch.bincount(place, minlength=rows * CLASSES).view(rows, CLASSES)
    # Twice the mean rank, from columns - 1 for the largest element down to 1 - columns.
    larger_or_equal = counts.cumsum(1)
    ranks = counts.sub_(larger_or_equal).sub_(larger_or_equal).to(torch.float32).add_(columns)
    step = epsilon / (columns - 1) if columns > 1 else 0.0
    table = ranks.mul_(step * 2**16).add_((density - 0.5) * 2**16).round_()
    return table.to(torch.int32).view(-1).index_select(0, place).view(rows, columns)


DELLA = task_method(
    "della",
    "Drop elements of each delta, small ones more often, rescale, and add those that agree on a sign to the base.",
    Thinning(dropped, rows=True),
    (WEIGHT, DENSITY, EPSILON, normalize_param(True), rescale_param(True), LAMBDA),
    SOURCE,
    agree=True,
    random=True,
    check=check,
)

DELLA_LINEAR = task_method(
    "della_linear",
    "Drop elements of each delta, small ones more often, rescale the others, and add them to the base.",
    Thinning(dropped, rows=True),
    (WEIGHT, DENSITY, EPSILON, normalize_param(False), rescale_param(True), LAMBDA),
    SOURCE,
    random=True,
    check=check,
)

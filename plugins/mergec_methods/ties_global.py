"""TIES-Merging as its paper has it: each delta is trimmed as one vector over all tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mergec.api import Block, Measure
from mergec_methods.masks import magnitudes, masked, to_magnitudes
from mergec_methods.ranking import Counts, Cut, Place, added, cut, lower_counts, placed, upper_counts
from mergec_methods.task import DENSITY, LAMBDA, Thinning, normalize_param, rescale_param, task_method
from mergec_methods.weights import WEIGHT

if TYPE_CHECKING:
    from torch import Tensor

Share = tuple[int, float]
"""An input and a density that some tensor asks of it."""


def coarse(block: Block) -> tuple[Counts, frozenset[Share]]:
    """How many elements of each delta have each of the upper bits, and which densities are asked for."""
    counts = [upper_counts(to_magnitudes(block.delta(i))) for i in range(len(block.inputs))]
    return counts, frozenset(share for share in enumerate(block.arguments.numbers("density")) if share[1] < 1.0)


def coarse_added(
    one: tuple[Counts, frozenset[Share]], other: tuple[Counts, frozenset[Share]]
) -> tuple[Counts, frozenset[Share]]:
    """Two amounts as one."""
    return added(one[0], other[0]), one[1] | other[1]


def places(amount: tuple[Counts, frozenset[Share]], block: Block) -> Mapping[Share, Place]:
    """Where the last element lies that is kept, for each density that is asked for."""
    counts, shares = amount
    return {(i, density): _place(counts[i], density) for i, density in sorted(shares)}


def _place(counts: Tensor | None, density: float) -> Place:
    assert counts is not None
    elements = int(counts.sum())
    return placed(counts, min(elements, max(1, int(density * elements))))


def fine(block: Block) -> dict[Share, Tensor | None]:
    """How many elements have each of the lower bits, of those with the upper bits of a place."""
    wanted: Mapping[Share, Place] = block.surveyed[0]
    found: dict[Share, Tensor | None] = {}
    for i in {i for i, _ in wanted}:
        shares = [share for share in wanted if share[0] == i]
        counts = lower_counts(to_magnitudes(block.delta(i)), [wanted[share] for share in shares])
        found |= zip(shares, counts, strict=True)
    return found


def fine_added(one: dict[Share, Tensor | None], other: dict[Share, Tensor | None]) -> dict[Share, Tensor | None]:
    """Two amounts as one, in the memory of the first."""
    shares = list(one)
    return dict(zip(shares, added(list(one.values()), [other[share] for share in shares]), strict=True))


def cuts(amount: dict[Share, Tensor | None], block: Block) -> Mapping[Share, Cut]:
    """What separates the kept elements from the others, for each density that is asked for."""
    wanted: Mapping[Share, Place] = block.surveyed[0]
    return {share: cut(counts, wanted[share]) for share, counts in amount.items()}


def trimmed(block: Block, i: int, delta: Tensor) -> Tensor:
    """The delta's elements that are among the largest of all tensors; the others are 0."""
    found: Cut = block.surveyed[1][i, block.arguments.numbers("density")[i]]
    return masked(delta, found.mask(magnitudes(delta), block.first))


TIES_GLOBAL = task_method(
    "ties_global",
    "As ties, with the largest elements of each delta taken over all tensors together.",
    Thinning(trimmed, surveys=(Measure(coarse, coarse_added, places), Measure(fine, fine_added, cuts))),
    (WEIGHT, DENSITY, normalize_param(True), rescale_param(False), LAMBDA),
    'Yadav et al., "TIES-Merging", NeurIPS 2023, arXiv 2306.01708, algorithm 1',
    agree=True,
)

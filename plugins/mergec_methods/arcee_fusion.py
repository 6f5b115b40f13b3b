"""Arcee fusion: take over those elements of the second model that changed most."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from mergec.api import Base, Block, Inputs, Measure, Method, Rows
from mergec_methods.masks import above, magnitudes, masked
from mergec_methods.ranking import Cut, ranking

if TYPE_CHECKING:
    from torch import Tensor

LEAST = 1e-8
"""Added to each probability."""


def divergences(block: Block) -> list[Tensor]:
    """For each row, the Kullback-Leibler divergence of the second input from the first, both through a softmax.

    In float64: it is the small difference of large sums.
    """
    import torch

    first, second = (torch.softmax(value.double(), dim=-1).add_(LEAST) for value in block.inputs)
    rows = (second / first).log_().mul_(second).sum(-1)
    return [rows.clamp_min_(0.0)]


def all_rows(parts: list[Tensor], block: Block) -> Tensor:
    """The divergences of all rows, [rows]."""
    import torch

    return torch.cat(parts)


def importance(block: Block, i: int = 0) -> Tensor:
    """Each element's change times its row's divergence, as magnitudes."""
    first, second = block.inputs
    start = block.first // max(1, first.shape[-1])
    rows: Tensor = block.measured[0][start : start + len(first)]
    return magnitudes((second - first).mul_(rows[:, None]))


def ranks(block: Block, i: int, nonzero: int) -> tuple[int, ...]:
    """Median, lower and upper quartile: each the element at ⌊q(n−1)⌋ of all, sorted."""
    elements = prod(block.shape)
    return tuple(elements - int(share * (elements - 1)) for share in (0.5, 0.25, 0.75))


def fused(block: Block) -> Tensor:
    """The first input, and the second where its importance reaches median + 1.5 (upper − lower quartile)."""
    cuts: tuple[Cut, ...] = block.measured[2][0]
    median, lower, upper = (cut.value for cut in cuts)
    mask = above(importance(block), _bits(median + 1.5 * (upper - lower)) - 1)
    first, second = block.inputs
    return masked(second - first, mask).add_(first)


def _bits(threshold: float) -> int:
    """The smallest float32 that is not less, as a magnitude."""
    import torch

    exact = torch.tensor(threshold, dtype=torch.float64)
    near = exact.float()
    return int(near.view(torch.int32)) + int(bool(near.double() < exact))


ARCEE_FUSION = Method(
    name="arcee_fusion",
    summary="Take those elements of the second input whose change stands out from all others, keep the first else.",
    pattern=Rows(
        fused,
        (
            Measure(divergences, lambda one, other: [*one, *other], all_rows),
            *ranking(importance, ranks, count=1, at=1),
        ),
        workspace=10.0,
    ),
    inputs=Inputs(2, 2),
    base=Base.FIRST,
    idempotent=True,
    lone_input=True,
    source="Arcee AI, Arcee Fusion, 2024, as mergekit has it",
)

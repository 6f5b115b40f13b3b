"""Low-rank task vectors around the average of the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergec.api import Arguments, Blend, Block, Coefficients, Inputs, Method, Param, Situation
from mergec_methods import spectral
from mergec_methods.spectral import MATRICES, SCALING, added, decompose, decomposing

if TYPE_CHECKING:
    from torch import Tensor

RANK = Param(
    "rank",
    "Share of its singular triplets that each difference from the average keeps, largest first.",
    default=0.08,
    above=0.0,
    high=1.0,
)


def equal(count: int, arguments: Arguments) -> Coefficients:
    """The same share for every input."""
    return (1.0 / count,) * count


AVERAGE = Method(
    name="average",
    summary="Average any number of tensors; what cart does with tensors that are no matrices.",
    pattern=Blend(fixed=equal),
    inputs=Inputs(1),
    idempotent=True,
    symmetric=True,
    source='Wortsman et al., "Model soups", ICML 2022, arXiv 2203.05482, uniform soup',
)


def merge(block: Block) -> Tensor:
    """Average plus scaling · Σ [Wᵢ − average]ₖ, where [·]ₖ keeps the k largest singular triplets.

    Limits: for all triplets, k = min(rows, columns), and for two inputs the sum is zero: the average is left.
    Source: Choi et al., arXiv 2412.12153, section 4.
    """
    import torch

    count = len(block.inputs)
    kept = max(1, int(min(block.shape) * block.arguments.number("rank") + 1e-9))
    average = torch.zeros_like(block.inputs[0], dtype=torch.float64)
    for x in block.inputs:
        average += x
    average /= count
    result = torch.zeros_like(average)
    for x in block.inputs:
        part = decompose(x - average).top(kept)
        result += (part.left * part.values) @ part.right.T
    return added(average, result, block.arguments.number("scaling")).to(block.inputs[0].dtype)


def need(rows: int, columns: int, situation: Situation) -> float:
    """Average and result, and one difference while it is decomposed."""
    return 4.0 * rows * columns + min(rows, columns) * (rows + columns) + decomposing(rows, columns)


CART = Method(
    name="cart",
    summary="Average three or more models, then add what is most particular to each.",
    pattern=spectral.whole(merge),
    inputs=Inputs(3),
    params=(SCALING, RANK),
    idempotent=True,
    symmetric=True,
    suits=MATRICES,
    fallback=AVERAGE,
    choose=spectral.pattern(merge, need, AVERAGE.pattern),
    shade="scaling",
    source='Choi et al., "Revisiting Weight Averaging for Model Merging", 2024, arXiv 2412.12153',
)

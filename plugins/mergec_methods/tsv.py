"""Task singular vectors: the strongest directions of every delta, made orthogonal to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergec.api import Arguments, Base, Block, Inputs, Method, Param, Situation
from mergec_methods import spectral
from mergec_methods.spectral import (
    AVERAGE_DELTAS,
    MATRICES,
    PARALLEL,
    SCALING,
    Svd,
    added,
    decomposing,
    delta_svd,
    polar,
)

if TYPE_CHECKING:
    from torch import Tensor

RANK = Param(
    "rank",
    "Share of its singular triplets that each input keeps, largest first; 1 over the number of inputs if not given.",
    above=0.0,
    high=1.0,
)


def kept(side: int, count: int, arguments: Arguments) -> int:
    """How many triplets each input keeps of a matrix whose shorter side is given, one at least."""
    share = arguments.value("rank")
    return max(1, int(side * (1.0 / count if share is None else float(share)) + 1e-9))


def fuse(parts: list[Svd]) -> Tensor:
    """U S Vᵀ of triplets of several matrices, U and V being the nearest to all their vectors that are orthogonal.

    Where vectors of two parts are the same direction they share it, each with half of its square.
    Limits: one part, or parts with orthogonal vectors on both sides, are summed as they are. float64.
    """
    import torch

    left, _ = polar(torch.cat([p.left for p in parts], dim=1), PARALLEL)
    right, _ = polar(torch.cat([p.right for p in parts], dim=1), PARALLEL)
    return (left * torch.cat([p.values for p in parts])) @ right.T


def merge(block: Block) -> Tensor:
    """Base plus scaling times the fused strongest triplets of every input's delta.

    Shapes: matrices [rows, columns], all alike. Zero deltas take no part.
    Source: Gargiulo et al., arXiv 2412.00081, TSV-Merge.
    """
    assert block.base is not None
    count = len(block.inputs)
    top = kept(min(block.shape), count, block.arguments)
    parts = [delta_svd(block, i).top(top) for i in range(count)]
    return added(block.base, fuse(parts), block.arguments.number("scaling"))


def need(rows: int, columns: int, situation: Situation) -> float:
    """Decompositions kept for all inputs, and one being made, or two stacks with their polar factors."""
    side, count = min(rows, columns), situation.count
    stacked = count * kept(side, count, situation.arguments)
    vectors = (0.5 * count * side + 2.0 * max(side, stacked)) * (rows + columns)
    return vectors + rows * columns + decomposing(rows, columns)


TSV = Method(
    name="tsv",
    summary="Keep the strongest singular vectors of every delta and make them orthogonal between tasks.",
    pattern=spectral.whole(merge),
    inputs=Inputs(1),
    params=(SCALING, RANK),
    base=Base.SEPARATE,
    symmetric=True,
    suits=MATRICES,
    fallback=AVERAGE_DELTAS,
    choose=spectral.pattern(merge, need, AVERAGE_DELTAS.pattern),
    shade="scaling",
    source='Gargiulo et al., "Task Singular Vectors", CVPR 2025, arXiv 2412.00081, TSV-Merge',
)

"""A wrapper that raises the weak directions of a merged delta."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergec.api import Base, Block, Inputs, Method, Param, Situation
from mergec_methods import spectral
from mergec_methods.spectral import AS_MERGED, MATRICES, added, decompose, decomposing

if TYPE_CHECKING:
    from torch import Tensor

BETA = Param(
    "beta",
    "Share of the sum of singular values at which raising starts: 0 raises all to the largest, 1 raises none.",
    default=0.01,
    low=0.0,
    high=1.0,
)


def raised(values: Tensor, beta: float) -> Tensor:
    """Singular values, largest first, with those behind the cut-off raised to it.

    The cut-off is the first value at which the running sum reaches beta times the sum of all.
    """
    reached = values.cumsum(0) >= (beta - 1e-12) * values.sum()
    cutoff = values[reached][:1]
    return values.clamp(min=float(cutoff)) if len(cutoff) else values


def boost(block: Block) -> Tensor:
    """Base plus U S' Vᵀ, where U S Vᵀ is the merged delta and S' has no value below the cut-off.

    Inputs: the merged matrix, then its own inputs, which are not looked at. The result is at least as large as the
    merged delta, mostly larger: scale the wrapped merge down. Limits: directions that the delta does not have, in one
    of low rank, are not made up; a zero delta stays zero.
    Source: Skorobogat et al., arXiv 2506.16506, subspace boosting.
    """
    assert block.base is not None
    merged = block.inputs[0]
    svd = decompose(merged - block.base)
    change = raised(svd.values, block.arguments.number("beta")) - svd.values
    return added(merged, (svd.left * change) @ svd.right.T)


def need(rows: int, columns: int, situation: Situation) -> float:
    """Triplets being made, or triplets and the change."""
    return decomposing(rows, columns) + 2.0 * rows * columns


SUBSPACE_BOOSTING = Method(
    name="subspace_boosting",
    summary="Raise the small singular values of a merged delta, so that merging many models does not lose rank.",
    pattern=spectral.whole(boost),
    inputs=Inputs(1),
    params=(BETA,),
    base=Base.SEPARATE,
    suits=MATRICES,
    fallback=AS_MERGED,
    wraps=True,
    choose=spectral.pattern(boost, need, AS_MERGED.pattern),
    shade="beta",
    source='Skorobogat et al., "Subspace-Boosted Model Merging", 2025, arXiv 2506.16506',
)

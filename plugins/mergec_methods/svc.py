"""A wrapper that turns down the directions of a merged delta that several tasks have added to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergec.api import Base, Block, Inputs, Method, Param, Situation
from mergec_methods import spectral
from mergec_methods.spectral import AS_MERGED, MATRICES, Svd, added, decompose, decomposing

if TYPE_CHECKING:
    from torch import Tensor

SILENT = 1e-6
"""A task has no response along a direction that makes up less than this share of its delta."""

ALPHA = Param(
    "alpha",
    "The least projection of the merged response on a task's that counts: 1 only shrinks, less also raises weak ones.",
    default=0.1,
    above=0.0,
    usual=(0.05, 1.0),
)


def projections(merged: Svd, delta: Tensor) -> Tensor:
    """The projection of each response uᵀM of the merged delta M on that of a task's delta, uᵀD, in units of it.

    ⟨uᵀM, uᵀD⟩ / ‖uᵀD‖² for the left vectors u of M, [rank]; 0 where the task has no response.
    """
    import torch

    responses = merged.left.T @ delta.to(torch.float64)
    squares = responses.square().sum(dim=1)
    heard = squares > SILENT**2 * squares.new_tensor(float(delta.norm()) ** 2)
    products = (responses * merged.right.T).sum(dim=1) * merged.values
    return torch.where(heard, products / squares.where(heard, torch.ones_like(squares)), 0.0)


def calibrate(block: Block) -> Tensor:
    """Base plus U diag(γ S) Vᵀ, where U S Vᵀ is the merged delta and γ = K / Σ max(alpha, projection on task i).

    Inputs: the merged matrix, then K of its own inputs. A projection of 1 says that the merged response is the task's.
    Limits: K equal deltas, summed or averaged, come out as that delta; the scale of the merged delta does not matter
    where all projections exceed alpha. A zero merged delta stays zero.
    Source: Li et al., arXiv 2602.05536, singular value calibration.
    """
    import torch

    assert block.base is not None
    merged, *tasks = block.inputs
    if not tasks:
        return merged.clone()
    svd = decompose(merged - block.base)
    divisor = torch.zeros_like(svd.values)
    for task in tasks:
        divisor += projections(svd, task - block.base).clamp(min=block.arguments.number("alpha"))
    change = (len(tasks) / divisor - 1.0) * svd.values
    return added(merged, (svd.left * change) @ svd.right.T)


def need(rows: int, columns: int, situation: Situation) -> float:
    """Triplets being made, or triplets and the responses of one task."""
    responses = min(rows, columns) * (rows + columns) + 3.0 * rows * columns
    return max(responses, decomposing(rows, columns)) + rows * columns


SVC = Method(
    name="svc",
    summary="Calibrate the singular values of a merged delta, so that what tasks share is not counted repeatedly.",
    pattern=spectral.whole(calibrate),
    inputs=Inputs(1),
    params=(ALPHA,),
    base=Base.SEPARATE,
    suits=MATRICES,
    fallback=AS_MERGED,
    wraps=True,
    choose=spectral.pattern(calibrate, need, AS_MERGED.pattern),
    shade="alpha",
    source='Li et al., "When Shared Knowledge Hurts", ICML 2026, arXiv 2602.05536',
)

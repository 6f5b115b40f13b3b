"""The delta that disturbs every task least along the directions its own delta has: WUDI, solved exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergec.api import Base, Block, Inputs, Method, Param, Situation
from mergec_methods import spectral
from mergec_methods.spectral import AVERAGE_DELTAS, MATRICES, SCALING, added

if TYPE_CHECKING:
    from torch import Tensor

FLOOR = 1e-10
"""What is added to every eigenvalue, as a share of their mean, so that the equation has one solution."""

DAMPING = Param(
    "damping",
    "How strongly the result is held near the sum of the deltas, where it starts; 0 is the exact minimum.",
    default=0.0,
    low=0.0,
    usual=(0.0, 10.0),
)


def merge(block: Block) -> Tensor:
    """Base plus scaling times the X that minimises Σ ‖(X − Dᵢ) Dᵢᵀ‖² / ‖Dᵢ‖², Dᵢ being the deltas.

    With Sᵢ = Dᵢ / ‖Dᵢ‖ (Frobenius) and X₀ = Σ Dᵢ, the gradient is zero at X = X₀ − Σ (X₀ − Dᵢ) SᵢᵀSᵢ (Σ SᵢᵀSᵢ + ρ)⁻¹,
    for ρ → 0 the solution nearest to X₀; ρ is damping (and FLOOR) times the mean eigenvalue of Σ SᵢᵀSᵢ.
    Limits: one input, or deltas with orthogonal rows, give their sum; equal deltas give that delta. Zero deltas take
    no part.
    Source: the objective of Cheng et al., arXiv 2503.08099, section 3, there minimised by steps of Adam from X₀.
    """
    assert block.base is not None
    busy = [i for i in range(len(block.inputs)) if not block.inputs[i].equal(block.base)]
    start = block.base.new_zeros(block.shape).double()
    for i in busy:
        start += block.delta(i)
    if len(busy) > 1:
        rows, columns = block.shape
        correction = from_rows if len(busy) * rows < columns else from_columns
        start -= correction(start, block, busy)
    return added(block.base, start, block.arguments.number("scaling"))


def unit(block: Block, i: int) -> tuple[Tensor, Tensor]:
    """The delta of an input, and the same with length 1."""
    delta = block.delta(i).double()
    return delta, delta / delta.norm()


def from_columns(start: Tensor, block: Block, busy: list[int]) -> Tensor:
    """Σ (X₀ − Dᵢ) SᵢᵀSᵢ (Σ SᵢᵀSᵢ + ρ)⁻¹, as it stands: a system of as many equations as there are columns."""
    import torch

    right, gram = torch.zeros_like(start), start.new_zeros((start.shape[1],) * 2)
    for i in busy:
        delta, direction = unit(block, i)
        right.addmm_((start - delta) @ direction.T, direction)
        gram.addmm_(direction.T, direction)
    return solve(gram, right, block.arguments.number("damping"))


def from_rows(start: Tensor, block: Block, busy: list[int]) -> Tensor:
    """The same as Σ (X₀ − Dᵢ) Sᵢᵀ (S Sᵀ + ρ)⁻¹ S, with all Sᵢ stacked in S: as many equations as there are rows."""
    import torch

    pairs = [unit(block, i) for i in busy]
    right = torch.cat([(start - delta) @ direction.T for delta, direction in pairs], dim=1)
    stack = torch.cat([direction for _, direction in pairs])
    return solve(stack @ stack.T, right, block.arguments.number("damping")) @ stack


def solve(gram: Tensor, right: Tensor, damping: float) -> Tensor:
    """right · (gram + ρ)⁻¹; adds to the diagonal of gram."""
    import torch

    diagonal = gram.diagonal()
    ridge = (FLOOR + damping) * float(diagonal.mean())
    diagonal += ridge
    return torch.cholesky_solve(right.T, torch.linalg.cholesky(gram)).T


def need(rows: int, columns: int, situation: Situation) -> float:
    """Deltas, their sum, the products, and the smaller Gram matrix with its factor."""
    count = situation.count
    if count * rows < columns:
        return (3.0 * count + 4.0) * rows * columns + 3.0 * count * rows * rows + 3.0 * (count * rows) ** 2
    return 8.0 * rows * columns + 2.0 * rows * rows + 3.0 * columns * columns


WUDI = Method(
    name="wudi",
    summary="Find the delta that interferes least with every task, as its own delta sees it.",
    pattern=spectral.whole(merge),
    inputs=Inputs(1),
    params=(SCALING, DAMPING),
    base=Base.SEPARATE,
    symmetric=True,
    suits=MATRICES,
    fallback=AVERAGE_DELTAS,
    choose=spectral.pattern(merge, need, AVERAGE_DELTAS.pattern),
    shade="scaling",
    source='Cheng et al., "Whoever Started the Interference Should End It", ICML 2025, arXiv 2503.08099',
)

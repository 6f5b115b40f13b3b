"""Nearswap: take the other model's value where it is near, and less of it the farther it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergec.api import Base, Block, Elementwise, Inputs, Method, Param

if TYPE_CHECKING:
    from torch import Tensor

NEAREST = 1e-6
"""Distances below this count as this."""


def swapped(block: Block) -> Tensor:
    """The base moved towards the input by its share min(1, t / distance): by at most t."""
    t = block.arguments.number("t")
    delta = block.delta(0)
    if t < NEAREST:
        share = delta.abs().clamp_min_(NEAREST).reciprocal_().mul_(t).clamp_(0.0, 1.0)
        moved = delta.mul_(share)
    else:
        moved = delta.clamp_(-t, t)
    assert block.base is not None
    return moved.add_(block.base)


NEARSWAP = Method(
    name="nearswap",
    summary="Move each element from the base to the input, but no farther than t.",
    pattern=Elementwise(swapped, workspace=3.0),
    inputs=Inputs(1, 1),
    params=(Param("t", "The largest distance, in the unit of the weights.", required=True),),
    base=Base.SEPARATE,
    idempotent=True,
    shade="t",
    source="Alchemonaut, QuartetAnemoi-70B, 2024, model card",
)

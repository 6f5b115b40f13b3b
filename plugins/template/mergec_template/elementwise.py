"""Elementwise: a function of aligned blocks, and measures of the whole tensor that it needs to know.

mergec streams the tensors, once for each measure and once to write. Blocks are flat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergec.api import Base, Block, Elementwise, Inputs, Measure, Method, Param, Scope

if TYPE_CHECKING:
    from torch import Tensor


def largest(block: Block) -> list[float]:
    """What a block amounts to: the largest change of each input."""
    return [float(block.delta(i).abs().max()) for i in range(len(block.inputs))]


def both(one: list[float], other: list[float]) -> list[float]:
    """Two such amounts as one. It must not matter how blocks are grouped: (a + b) + c is a + (b + c)."""
    return [max(a, b) for a, b in zip(one, other, strict=True)]


def thresholded(block: Block) -> Tensor:
    """The base and the weighted changes that are not too small; a new tensor, for the inputs stay as they are."""
    assert block.base is not None
    result = block.base.clone()
    share, weights = block.arguments.number("share"), block.arguments.numbers("weight")
    for i, most in enumerate(block.measured[0]):
        delta = block.delta(i)
        result += weights[i] * delta.where(delta.abs() >= share * most, 0.0)
    return result


THRESHOLD = Method(
    name="threshold",
    summary="Add the changes that are not small beside the largest one of their tensor.",
    pattern=Elementwise(thresholded, measures=(Measure(largest, both),), workspace=5.0),
    inputs=Inputs(1),
    params=(
        Param("weight", "Factor of this input's change.", scope=Scope.PER_INPUT, default=1.0),
        Param("share", "Changes below this share of the largest are left out.", default=0.1, low=0.0, high=1.0),
    ),
    base=Base.SEPARATE,
    idempotent=True,
    symmetric=True,
    shade="share",
)

"""Whole: a function of whole tensors, one at a time, for what cannot be streamed.

`suits` says which tensors it is for; the others are made by `fallback`, which takes what parameters it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergec.api import Arguments, Base, Blend, Block, Coefficients, Inputs, Method, Param, Suits, Whole

if TYPE_CHECKING:
    from torch import Tensor


def strongest(block: Block) -> Tensor:
    """The base and the largest singular triplets of the average change."""
    import torch

    assert block.base is not None
    average = block.delta(0)
    for i in range(1, len(block.inputs)):
        average += block.delta(i)
    left, values, right = torch.linalg.svd(average / len(block.inputs), full_matrices=False)
    kept = max(1, round(block.arguments.number("share") * len(values)))
    change: Tensor = (left[:, :kept] * values[:kept]) @ right[:kept]
    return change.add_(block.base)


def equal_shares(count: int, arguments: Arguments) -> Coefficients:
    """Those of an average."""
    return (1.0 / count,) * count


AVERAGE_CHANGE = Method(
    name="average_change",
    summary="Add the average change to the base.",
    pattern=Blend(fixed=equal_shares, of_deltas=True),
    inputs=Inputs(1),
    base=Base.SEPARATE,
)

LOW_RANK = Method(
    name="low_rank",
    summary="Add the strongest directions of the average change to the base.",
    pattern=Whole(strongest, workspace=7.0),
    inputs=Inputs(1),
    params=(
        Param("share", "Share of the singular triplets to keep, largest first.", default=0.25, above=0.0, high=1.0),
    ),
    base=Base.SEPARATE,
    symmetric=True,
    suits=Suits(ranks=(2,), without=("embedding", "head")),
    fallback=AVERAGE_CHANGE,
    shade="share",
)

"""Rows: as elementwise, but no row is cut; a block is [rows, columns]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergec.api import Block, Inputs, Method, Rows

if TYPE_CHECKING:
    from torch import Tensor


def at_mean_length(block: Block) -> Tensor:
    """The average, each row brought to the mean length of the inputs' rows; zero where the average is."""
    total = block.inputs[0].clone()
    for x in block.inputs[1:]:
        total += x
    wanted = sum(map(lengths, block.inputs)) / len(block.inputs)
    own = lengths(total)
    return total.mul_((wanted / own.where(own > 0.0, 1.0)).to(total.dtype))


def lengths(rows: Tensor) -> Tensor:
    """Euclidean lengths, [rows, 1]: in float64, for a sum of many squares in float32 loses digits."""
    found: Tensor = rows.double().norm(dim=1, keepdim=True)
    return found


ROW_LENGTH = Method(
    name="row_length",
    summary="Average, and give each row the mean length of the inputs' rows.",
    pattern=Rows(at_mean_length, workspace=4.0),
    inputs=Inputs(1),
    idempotent=True,
    symmetric=True,
)

"""Spherical interpolation with weights: of whole tensors, of rows or of columns; of tensors or of differences."""

from __future__ import annotations

from math import acos, prod, sin
from typing import TYPE_CHECKING

from mergec.api import (
    Arguments,
    Base,
    Blend,
    Block,
    Coefficients,
    Gram,
    Inputs,
    Measure,
    Method,
    Param,
    ParamKind,
    Rows,
    Situation,
)
from mergec_methods.weights import WEIGHT

if TYPE_CHECKING:
    from torch import Tensor

NO_SUM = 1e-6
"""Weights whose sum is smaller are taken to be equal (mergekit's threshold)."""

NEARLY_OPPOSITE = -0.9995
"""Below this cosine the chord is taken, as in slerp: arcs between opposite tensors of unequal lengths have no bound."""


def position(arguments: Arguments) -> float:
    """How far along the arc: the second weight over the sum of both, one half where they sum to zero."""
    first, second = arguments.numbers("weight")
    return 0.5 if abs(first + second) < NO_SUM else second / (first + second)


def fixed(count: int, arguments: Arguments) -> Coefficients | None:
    """The ends of the arc need no look at the tensors."""
    t = position(arguments)
    return (1.0 - t, t) if t in (0.0, 1.0) else None


def measured(gram: Gram, arguments: Arguments) -> Coefficients:
    """Weights of the two tensors as they are: sin((1−t)θ)/sin θ and sin(tθ)/sin θ, θ the angle between them.

    Limits: parallel, or cos θ < −0.9995, gives 1−t and t. A zero tensor counts as θ = π/2.
    Source: K. Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985, section 3.3.
    """
    t, cosine = position(arguments), gram.cosine(0, 1)
    sine = sin(acos(cosine))
    if sine == 0.0 or cosine < NEARLY_OPPOSITE:
        return (1.0 - t, t)
    return (sin((1.0 - t) * acos(cosine)) / sine, sin(t * acos(cosine)) / sine)


def arcs(cosines: Tensor, t: float) -> tuple[Tensor, Tensor]:
    """The same for many pairs at once: cosines in any shape to two tensors of that shape, float64."""
    angles = cosines.clamp(-1.0, 1.0).acos()
    sines = angles.sin()
    curved = (sines > 0.0) & (cosines >= NEARLY_OPPOSITE)
    safe = sines.where(curved, 1.0)
    first = ((1.0 - t) * angles).sin() / safe
    return first.where(curved, 1.0 - t), ((t * angles).sin() / safe).where(curved, t)


def cosines_of(products: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Cosines from inner products and squared lengths, 0 where a length is."""
    sizes = first.sqrt() * second.sqrt()
    return (products / sizes.where(sizes > 0.0, 1.0)).where(sizes > 0.0, 0.0)


def measured_rows(grams: Tensor, arguments: Arguments) -> Tensor:
    """The weights for each row: [rows, 2, 2] to [rows, 2]."""
    import torch

    cosines = cosines_of(grams[:, 0, 1], grams[:, 0, 0], grams[:, 1, 1])
    return torch.stack(arcs(cosines, position(arguments)), dim=1)


def vectors(block: Block) -> tuple[Tensor, Tensor]:
    """The block's part of the two inputs, or of their differences from the base."""
    if block.base is None:
        return block.inputs[0], block.inputs[1]
    return block.delta(0), block.delta(1)


def first_place(block: Block) -> tuple[int, int]:
    """Of the block's rows, counted over the middle axes: the first one's index, and how many there are.

    Rows with the same index lie one below the other along the first axis, in the same columns.
    """
    middle = max(1, prod(block.shape[1:-1]))
    return block.first // max(1, block.shape[-1]) % middle, middle


def column_products(block: Block) -> Tensor:
    """Inner product and squared lengths of the block's parts of columns: float64 [3, middle, columns]."""
    import torch

    first, second = (v.double() for v in vectors(block))
    pairs = ((first, second), (first, first), (second, second))
    return torch.stack([sum_of_columns(one * other, *first_place(block)) for one, other in pairs])


def sum_of_columns(rows: Tensor, start: int, middle: int) -> Tensor:
    """Sums of the rows that have the same index: [rows, columns] to [middle, columns]."""
    count, columns = rows.shape
    if middle == 1:
        return rows.sum(0, keepdim=True)
    padded = rows.new_zeros(-(-(start + count) // middle) * middle, columns)
    padded[start : start + count] = rows
    return padded.view(-1, middle, columns).sum(0)


def of_rows(weights: Tensor, rows: int, start: int, middle: int) -> Tensor:
    """The row of weights [middle, columns] that belongs to each row; one row for all stays one."""
    import torch

    if middle == 1:
        return weights
    return weights.index_select(0, torch.arange(start, start + rows, device=weights.device) % middle)


def add(one: Tensor, other: Tensor) -> Tensor:
    """Sums of two runs of rows."""
    return one + other


def along_columns(block: Block) -> Tensor:
    """The interpolation of the block's part of every column."""
    first, second = vectors(block)
    weights = arcs(cosines_of(*block.measured[0]), position(block.arguments))
    one, other = (of_rows(w.to(first.dtype), len(first), *first_place(block)) for w in weights)
    result = one * first + other * second
    return result if block.base is None else result + block.base


_FLAT = Blend(fixed=fixed, measured=measured)
_FLAT_DELTAS = Blend(fixed=fixed, measured=measured, of_deltas=True)
_ROWS = Blend(fixed=fixed, measured_rows=measured_rows)
_ROWS_DELTAS = Blend(fixed=fixed, measured_rows=measured_rows, of_deltas=True)
_COLUMNS = Rows(along_columns, measures=(Measure(column_products, add),), workspace=12.0)


def choose(situation: Situation) -> Blend | Rows:
    """Whole tensors, rows or columns; tensors of one axis are whole rows. The ends of the arc are the same for all."""
    arguments, deltas = situation.arguments, situation.has_base
    if arguments.flag("nuslerp_flatten") or len(situation.shape) < 2 or fixed(2, arguments):
        return _FLAT_DELTAS if deltas else _FLAT
    if arguments.flag("nuslerp_row_wise"):
        return _COLUMNS
    return _ROWS_DELTAS if deltas else _ROWS


NUSLERP = Method(
    name="nuslerp",
    summary="Interpolate two tensors or differences along an arc, with weights: as wholes, by rows or columns.",
    pattern=_FLAT,
    inputs=Inputs(2, 2),
    params=(
        WEIGHT,
        Param(
            "nuslerp_flatten",
            "Take each tensor as one vector; otherwise each of its rows, the runs of the last axis.",
            kind=ParamKind.FLAG,
            default=True,
        ),
        Param(
            "nuslerp_row_wise",
            "Take columns, the runs of the first axis, in place of rows; has no effect with nuslerp_flatten.",
            kind=ParamKind.FLAG,
            default=False,
        ),
    ),
    base=Base.OPTIONAL,
    idempotent=True,
    lone_input=True,
    symmetric=True,
    choose=choose,
    shade="weight",
    source='K. Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985',
)

"""Spherical interpolation with weights: of whole tensors, of rows or of columns; of tensors or of differences."""

from __future__ import annotations

from math import acos, sin
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
    Whole,
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


def column_products(block: Block) -> Tensor:
    """Inner product and squared lengths of the block's parts of columns: float64 [3, columns]."""
    import torch

    first, second = (v.double() for v in vectors(block))
    pairs = ((first, second), (first, first), (second, second))
    return torch.stack([(one * other).sum(0) for one, other in pairs])


def add(one: Tensor, other: Tensor) -> Tensor:
    """Sums of two runs of rows."""
    return one + other


def along_columns(block: Block) -> Tensor:
    """The interpolation of the block's part of every column."""
    return interpolated(block, *vectors(block), block.measured[0])


def along_first_axis(block: Block) -> Tensor:
    """The same of a tensor of more axes, held whole: what is measured is as large as one run of its first axis."""
    import torch

    first, second = vectors(block)
    products = first.new_zeros((3, *block.shape[1:]), dtype=torch.float64)
    for one, other in zip(first, second, strict=True):
        one, other = one.double(), other.double()
        products[0].addcmul_(one, other)
        products[1].addcmul_(one, one)
        products[2].addcmul_(other, other)
    return interpolated(block, first, second, products)


def interpolated(block: Block, first: Tensor, second: Tensor, products: Tensor) -> Tensor:
    """The point on each arc, from the inner products and squared lengths of all vectors along the first axis."""
    one, other = (w.to(first.dtype) for w in arcs(cosines_of(*products), position(block.arguments)))
    result = one * first + other * second
    return result if block.base is None else result + block.base


_FLAT = Blend(fixed=fixed, measured=measured)
_FLAT_DELTAS = Blend(fixed=fixed, measured=measured, of_deltas=True)
_ROWS = Blend(fixed=fixed, measured_rows=measured_rows)
_ROWS_DELTAS = Blend(fixed=fixed, measured_rows=measured_rows, of_deltas=True)
_COLUMNS = Rows(along_columns, measures=(Measure(column_products, add),), workspace=12.0)
_STACK = Whole(along_first_axis, workspace=4.0)


def choose(situation: Situation) -> Blend | Rows | Whole:
    """Whole tensors, rows or columns; tensors of one axis are whole rows. The ends of the arc are the same for all."""
    arguments, deltas = situation.arguments, situation.has_base
    if arguments.flag("nuslerp_flatten") or len(situation.shape) < 2 or fixed(2, arguments):
        return _FLAT_DELTAS if deltas else _FLAT
    if arguments.flag("nuslerp_row_wise"):
        return _COLUMNS if len(situation.shape) == 2 else _STACK
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

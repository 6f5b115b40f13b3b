"""Deltas whose directions all count alike: a flat spectrum in place of a steep one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergec.api import Base, Block, Inputs, Method, Param, Situation
from mergec_methods import spectral
from mergec_methods.spectral import (
    AVERAGE_DELTAS,
    MATRICES,
    PARALLEL,
    SCALING,
    SMALLEST,
    Svd,
    added,
    decompose,
    decomposing,
    polar,
)

if TYPE_CHECKING:
    from torch import Tensor

COMMON = Param(
    "common",
    "Share of the directions taken from the sum of the deltas; the tasks share the others equally.",
    default=0.8,
    low=0.0,
    high=1.0,
)


def total(block: Block) -> Tensor:
    """The sum of all deltas."""
    result = block.delta(0)
    for i in range(1, len(block.inputs)):
        result += block.delta(i)
    return result


def merge_common(block: Block) -> Tensor:
    """Base plus scaling · mean(S) · U Vᵀ, where U S Vᵀ is the sum of the deltas.

    Limits: directions that the sum does not have, in a sum of low rank, are not made up; the mean is over those it has,
    so that the sum of singular values stays. A zero sum gives the base. One input: its own delta, flattened.
    Source: Marczak et al., arXiv 2502.04959, section 4, Iso-C.
    """
    assert block.base is not None
    factor, values = polar(total(block))
    mean = float(values.mean()) if len(values) else 0.0
    return added(block.base, factor, block.arguments.number("scaling") * mean)


def split(side: int, count: int, common: float) -> tuple[int, int]:
    """How many directions are common, and how many each of the tasks gets; all of a matrix, `side` in sum."""
    own = int((1.0 - common) * side / count + 1e-9)
    return side - own * count, own


def merge_specific(block: Block) -> Tensor:
    """Base plus scaling · mean(S) · U Vᵀ of the strongest directions of the sum and of what each delta has beyond.

    With U₁ the common left vectors, each delta D gives the strongest triplets of D − U₁ U₁ᵀ D. All left vectors, and
    all right ones, are made orthogonal to each other. Limits: as for iso_c, which this is for one input.
    Source: Marczak et al., arXiv 2502.04959, section 4, Iso-CTS.
    """
    import torch

    assert block.base is not None
    common, own = split(min(block.shape), len(block.inputs), block.arguments.number("common"))
    parts = [decompose(total(block)).top(common)]
    if own:
        parts += [beyond(block.delta(i), parts[0]).top(own) for i in range(len(block.inputs))]
    values = torch.cat([p.values for p in parts])
    left, _ = polar(torch.cat([p.left for p in parts], dim=1), PARALLEL)
    right, _ = polar(torch.cat([p.right for p in parts], dim=1), PARALLEL)
    mean = float(values.mean()) if len(values) else 0.0
    return added(block.base, left @ right.T, block.arguments.number("scaling") * mean)


def beyond(delta: Tensor, common: Svd) -> Svd:
    """What a delta has outside the common left vectors, more than what rounding leaves there."""
    delta = delta.to(common.left.dtype)
    svd = decompose(delta - common.left @ (common.left.T @ delta))
    return svd.top(int((svd.values > SMALLEST * delta.norm()).sum()))


def need_common(rows: int, columns: int, situation: Situation) -> float:
    """The sum, its Gram matrix with eigenvectors, and the factor."""
    return decomposing(rows, columns)


def need_specific(rows: int, columns: int, situation: Situation) -> float:
    """Triplets of the sum and of one residual while it is decomposed, or two stacks with their factors."""
    return 3.0 * min(rows, columns) * (rows + columns) + 2.0 * rows * columns + decomposing(rows, columns)


ISO_C = Method(
    name="iso_c",
    summary="Sum the deltas and give all directions of the sum the same strength.",
    pattern=spectral.whole(merge_common),
    inputs=Inputs(1),
    params=(SCALING,),
    base=Base.SEPARATE,
    symmetric=True,
    suits=MATRICES,
    fallback=AVERAGE_DELTAS,
    choose=spectral.pattern(merge_common, need_common, AVERAGE_DELTAS.pattern),
    shade="scaling",
    source='Marczak et al., "No Task Left Behind", ICML 2025, arXiv 2502.04959, Iso-C',
)

ISO_CTS = Method(
    name="iso_cts",
    summary="As iso_c, with the weakest directions of the sum replaced by directions of the single tasks.",
    pattern=spectral.whole(merge_specific),
    inputs=Inputs(1),
    params=(SCALING, COMMON),
    base=Base.SEPARATE,
    symmetric=True,
    suits=MATRICES,
    fallback=AVERAGE_DELTAS,
    choose=spectral.pattern(merge_specific, need_specific, AVERAGE_DELTAS.pattern),
    shade="scaling",
    source='Marczak et al., "No Task Left Behind", ICML 2025, arXiv 2502.04959, Iso-CTS',
)

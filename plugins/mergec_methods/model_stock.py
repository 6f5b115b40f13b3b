"""Averages of fine-tunes, drawn to their base by how much they disagree."""

from __future__ import annotations

from itertools import combinations
from math import fsum
from typing import TYPE_CHECKING

from mergec.api import Arguments, Base, Blend, Coefficients, Gram, Inputs, Method, Param, ParamKind, Situation

if TYPE_CHECKING:
    from torch import Tensor


def not_fixed(count: int, arguments: Arguments) -> None:
    """The angles between differences must be known."""


def ratio(count: int, cosine: float) -> float:
    """How far to go from the base (0) to the average (1): N cos θ / (1 + (N−1) cos θ).

    Limits: 0 where cos θ ≤ 0. The formula follows from a geometry in which differences from the base have a positive
    inner product, that of the base's distance from the centre with itself.
    Source: Jang et al., "Model Stock", ECCV 2024, arXiv 2403.19522.
    """
    cosine = max(cosine, 0.0)
    return count * cosine / (1.0 + (count - 1) * cosine)


def measured(gram: Gram, arguments: Arguments) -> Coefficients:
    """One coefficient for all differences, from the mean cosine of their angles."""
    count = len(gram.products)
    pairs = tuple(combinations(range(count), 2))
    cosine = fsum(gram.cosine(i, j) for i, j in pairs) / len(pairs)
    return (ratio(count, cosine) / count,) * count


def measured_rows(grams: Tensor, arguments: Arguments) -> Tensor:
    """The same for each row: [rows, N, N] to [rows, N]."""
    count = grams.shape[-1]
    lengths = grams.diagonal(dim1=1, dim2=2).clamp(min=0.0).sqrt()
    sizes = lengths[:, :, None] * lengths[:, None, :]
    cosines = (grams / sizes.where(sizes > 0, 1.0)).where(sizes > 0, 0.0).clamp(-1.0, 1.0)
    apart = cosines.sum((1, 2)) - cosines.diagonal(dim1=1, dim2=2).sum(1)
    cosine = (apart / (count * (count - 1))).clamp(min=0.0)
    return (cosine / (1.0 + (count - 1) * cosine))[:, None].expand(-1, count)


_WHOLE = Blend(fixed=not_fixed, measured=measured, of_deltas=True)
_BY_ROW = Blend(fixed=not_fixed, measured_rows=measured_rows, of_deltas=True)


def choose(situation: Situation) -> Blend:
    """A ratio for each row under `filter_wise`."""
    return _BY_ROW if situation.arguments.flag("filter_wise") else _WHOLE


MODEL_STOCK = Method(
    name="model_stock",
    summary="Average fine-tunes of one base, and go back to the base where they disagree.",
    pattern=_WHOLE,
    inputs=Inputs(2),
    params=(Param("filter_wise", "Take each row for itself.", kind=ParamKind.FLAG, default=False),),
    base=Base.SEPARATE,
    idempotent=True,
    symmetric=True,
    choose=choose,
    source='Jang et al., "Model Stock: All we need is just a few fine-tuned models", ECCV 2024, arXiv 2403.19522',
)

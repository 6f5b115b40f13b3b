"""Methods that no package provides, for the parts of the engine that the first-party ones do not reach."""

from __future__ import annotations

from math import acos, sin
from typing import TYPE_CHECKING

from mergec.api import Arguments, Base, Blend, Coefficients, Gram, Inputs, Method, Param, Scope

if TYPE_CHECKING:
    from torch import Tensor

T = Param("t", "How far to go.", required=True)


def task_weights(count: int, arguments: Arguments) -> Coefficients:
    """Task arithmetic: each delta by its own weight."""
    return arguments.numbers("weight")


def not_fixed(count: int, arguments: Arguments) -> None:
    """The tensors must be looked at."""


def arc(gram: Gram, arguments: Arguments) -> Coefficients:
    """Spherical interpolation of two vectors; along the chord where they are parallel."""
    t, angle = arguments.number("t"), acos(gram.cosine(0, 1))
    if sin(angle) < 1e-6:
        return 1 - t, t
    return sin((1 - t) * angle) / sin(angle), sin(t * angle) / sin(angle)


def arcs(grams: Tensor, arguments: Arguments) -> Tensor:
    """The same for each row."""
    import torch

    t = arguments.number("t")
    cosine = grams[:, 0, 1] / (grams[:, 0, 0] * grams[:, 1, 1]).sqrt()
    angle = torch.acos(cosine.clamp(-1, 1))[:, None]
    weights = torch.cat((torch.sin((1 - t) * angle), torch.sin(t * angle)), dim=1) / torch.sin(angle)
    return torch.where(torch.sin(angle) > 1e-6, weights, grams.new_tensor([1 - t, t]))


TASK = Method(
    name="task",
    summary="The base and weighted deltas.",
    pattern=Blend(fixed=task_weights, of_deltas=True),
    inputs=Inputs(1),
    params=(Param("weight", "Of the delta.", scope=Scope.PER_INPUT, required=True),),
    base=Base.SEPARATE,
)

TASK_SLERP = Method(
    name="task_slerp",
    summary="The base and an arc between two deltas.",
    pattern=Blend(fixed=not_fixed, measured=arc, of_deltas=True),
    inputs=Inputs(2, 2),
    params=(T,),
    base=Base.SEPARATE,
)

ROW_SLERP = Method(
    name="row_slerp",
    summary="An arc for each row.",
    pattern=Blend(fixed=not_fixed, measured_rows=arcs),
    inputs=Inputs(2, 2),
    params=(T,),
)

ROW_TASK_SLERP = Method(
    name="row_task_slerp",
    summary="The base and an arc between two deltas, for each row.",
    pattern=Blend(fixed=not_fixed, measured_rows=arcs, of_deltas=True),
    inputs=Inputs(2, 2),
    params=(T,),
    base=Base.SEPARATE,
)

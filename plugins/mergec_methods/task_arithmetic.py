"""The base plus weighted differences from it."""

from __future__ import annotations

from mergec.api import Arguments, Base, Blend, Coefficients, Inputs, Method, Param, ParamKind, Scope
from mergec_methods.weights import WEIGHT, normalized


def weights_of_deltas(count: int, arguments: Arguments) -> Coefficients:
    """λ times the weights, over their sum under `normalize`; weights that are all zero leave the base.

    Errors: other weights that sum to zero cannot be normalized.
    Source: Ilharco et al., "Editing models with task arithmetic", ICLR 2023, arXiv 2212.04089.
    """
    scale, weights = arguments.number("lambda"), arguments.numbers("weight")
    if arguments.flag("normalize") and any(weights):
        weights = normalized(weights)
    return tuple(scale * weight for weight in weights)


def amplified(count: int, arguments: Arguments) -> Coefficients:
    """1 + α for the difference from the base.

    Source: Zheng et al., "Model extrapolation expedites alignment", arXiv 2404.16792.
    """
    return (1.0 + arguments.number("alpha"),)


TASK_ARITHMETIC = Method(
    name="task_arithmetic",
    summary="Add weighted differences from a base to that base.",
    pattern=Blend(fixed=weights_of_deltas, of_deltas=True),
    inputs=Inputs(1),
    params=(
        WEIGHT,
        Param("normalize", "Divide the weights by their sum.", kind=ParamKind.FLAG, default=False),
        Param("lambda", "Multiply the sum of the weighted differences by this.", default=1.0),
        Param("density", "Has no effect here: nothing is dropped.", scope=Scope.PER_INPUT, default=1.0),
        Param("rescale", "Has no effect here: nothing is dropped.", kind=ParamKind.FLAG, default=False),
    ),
    base=Base.SEPARATE,
    symmetric=True,
    shade="weight",
    source='Ilharco et al., "Editing models with task arithmetic", ICLR 2023, arXiv 2212.04089',
)

EXPO = Method(
    name="expo",
    summary="Go on from a base through a model trained from it.",
    pattern=Blend(fixed=amplified, of_deltas=True),
    inputs=Inputs(1, 1),
    params=(
        Param(
            "alpha",
            "How far to go beyond the model, as a fraction of the way from the base to it.",
            required=True,
            usual=(0.0, 1.0),
        ),
    ),
    base=Base.SEPARATE,
    idempotent=True,
    shade="alpha",
    source='Zheng et al., "Model extrapolation expedites alignment", arXiv 2404.16792',
)

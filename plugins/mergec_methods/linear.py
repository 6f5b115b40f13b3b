"""Interpolation along the chord, and weighted averages."""

from __future__ import annotations

from mergec.api import Arguments, Base, Blend, Coefficients, Inputs, Method, MethodError, Param, ParamKind, Scope


def lerp_weights(count: int, arguments: Arguments) -> Coefficients:
    """1−t and t."""
    t = arguments.number("t")
    return (1.0 - t, t)


def linear_weights(count: int, arguments: Arguments) -> Coefficients:
    """The weights as given, or divided by their sum under `normalize`.

    Errors: weights that sum to zero cannot be normalized.
    Source: Wortsman et al., "Model soups", ICML 2022, arXiv 2203.05482.
    """
    weights = arguments.numbers("weight")
    if not arguments.flag("normalize"):
        return weights
    total = sum(weights)
    if abs(total) < 1e-12:
        raise MethodError("the weights sum to zero, so they cannot be normalized", parameter="weight")
    return tuple(w / total for w in weights)


LERP = Method(
    name="lerp",
    summary="Interpolate along the straight line between two tensors.",
    pattern=Blend(fixed=lerp_weights),
    inputs=Inputs(2, 2),
    params=(
        Param(
            "t",
            "How far to go from the first input (0) to the second (1).",
            required=True,
            usual=(0.0, 1.0),
        ),
    ),
    base=Base.FIRST,
    idempotent=True,
    shade="t",
    source="linear interpolation",
)

LINEAR = Method(
    name="linear",
    summary="Average any number of tensors with weights.",
    pattern=Blend(fixed=linear_weights),
    inputs=Inputs(1),
    params=(
        Param("weight", "Share of this input in the sum.", scope=Scope.PER_INPUT, required=True),
        Param("normalize", "Divide the weights by their sum.", kind=ParamKind.FLAG, default=True),
    ),
    shade="weight",
    source='Wortsman et al., "Model soups", ICML 2022, arXiv 2203.05482',
)

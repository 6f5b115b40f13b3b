"""Weights of inputs, as several methods take them."""

from __future__ import annotations

from mergec.api import Arguments, Coefficients, MethodError, Param, Scope

SMALLEST_SUM = 1e-8
"""Weights whose sum is smaller than this are said to cancel."""

WEIGHT = Param("weight", "Share of this input in the result.", scope=Scope.PER_INPUT, required=True)


def normalized(weights: Coefficients) -> Coefficients:
    """The weights over their sum. Raises MethodError where they cancel."""
    total = sum(weights)
    if abs(total) < SMALLEST_SUM:
        raise MethodError("the weights sum to zero, so they cannot be normalized", parameter="weight")
    return tuple(w / total for w in weights)


def normalized_if(flag: str, arguments: Arguments) -> Coefficients:
    """The parameter `weight`, over its sum where a flag says so. Raises MethodError where the weights cancel."""
    weights = arguments.numbers("weight")
    return normalized(weights) if arguments.flag(flag) else weights

"""Values of parameters: small expressions over a tensor's place among the layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mergec.core.params import Value
from mergec.core.sums import total
from mergec.diagnostics import Span

LARGEST = 10_000
"""The most nodes a value may have once its names are replaced by what they stand for."""

DEEPEST = 250
"""The most nodes on a path through such a value: reading it takes a few calls for each."""


@dataclass(frozen=True, slots=True)
class At:
    """Where a value is read.

    depth: 0 at the first layer of the merge and before, 1 at the last and after.
    gradient: the same as mergekit reads it: 0 for every tensor outside the layers, 1 if there is one layer only.
    layer, layers: index among the layers of the merge, and how many there are (0 outside).
    """

    depth: float
    gradient: float
    layer: int
    layers: int


NOWHERE: Final = At(depth=0.0, gradient=0.0, layer=0, layers=1)
"""Where values are read that are the same at every place."""


class ValueProblem(Exception):
    """A value cannot be computed: `message` says why, `span` where."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.message = message
        self.span = span


@dataclass(frozen=True, slots=True)
class Constant:
    value: Value
    span: Span
    size: int = 1
    depth: int = 1


@dataclass(frozen=True, slots=True)
class PlaceOf:
    """`depth`, `layer` or `layers`."""

    what: str
    span: Span
    size: int = 1
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Curve:
    """Piecewise linear through evenly spaced points over the depth; flags and texts change in steps."""

    points: tuple[ValueExpr, ...]
    as_gradient: bool
    span: Span
    size: int
    depth: int


@dataclass(frozen=True, slots=True)
class Apply:
    """A function or operator of `FUNCTIONS` and its arguments."""

    function: str
    arguments: tuple[ValueExpr, ...]
    span: Span
    size: int
    depth: int


ValueExpr = Constant | PlaceOf | Curve | Apply


def extent(parts: tuple[ValueExpr, ...]) -> tuple[int, int]:
    """Size and depth of a value that is made of these."""
    return 1 + sum(p.size for p in parts), 1 + max((p.depth for p in parts), default=0)


def is_writable(value: ValueExpr) -> bool:
    """Whether a value is small enough to be read."""
    return value.size <= LARGEST and value.depth <= DEEPEST


def _smoothstep(x: float) -> float:
    x = min(1.0, max(0.0, x))
    return x * x * (3.0 - 2.0 * x)


def _total(*terms: float) -> float:
    """The sum, rounded once."""
    return total(terms) if len(terms) > 2 else terms[0] + terms[1]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of numbers: how many it takes (`most` None: any number) and what it does."""

    least: int
    most: int | None
    compute: Callable[..., float]


FUNCTIONS: Final = {
    "+": Function(2, None, _total),
    "-": Function(2, 2, lambda a, b: a - b),
    "*": Function(2, 2, lambda a, b: a * b),
    "/": Function(2, 2, lambda a, b: a / b),
    "**": Function(2, 2, lambda a, b: math.pow(a, b)),
    "negate": Function(1, 1, lambda a: -a),
    "sin": Function(1, 1, math.sin),
    "cos": Function(1, 1, math.cos),
    "exp": Function(1, 1, math.exp),
    "log": Function(1, 1, math.log),
    "sqrt": Function(1, 1, math.sqrt),
    "abs": Function(1, 1, abs),
    "min": Function(1, None, min),
    "max": Function(1, None, max),
    "clamp": Function(3, 3, lambda x, low, high: min(max(x, low), high)),
    "step": Function(2, 2, lambda edge, x: 0.0 if x < edge else 1.0),
    "smoothstep": Function(1, 1, _smoothstep),
}
"""Angles in radians. `step(edge, x)` is 0 below the edge; `smoothstep(x)` eases 0..1 into 0..1."""

CONSTANTS: Final = {"pi": math.pi, "e": math.e}
PLACES: Final = ("depth", "layer", "layers")


def evaluate(value: ValueExpr, at: At) -> Value:
    """The value at a place. Raises ValueProblem where it has none (a division by zero, a log of 0, …)."""
    match value:
        case Constant():
            return value.value
        case PlaceOf():
            return {"depth": at.depth, "layer": at.layer, "layers": at.layers}[value.what]
        case Curve():
            return _curve(value, at)
        case Apply():
            return _apply(value, at)


def _apply(value: Apply, at: At) -> float:
    arguments = [evaluate(a, at) for a in value.arguments]
    if any(isinstance(a, str | bool) for a in arguments):
        raise ValueProblem("arithmetic needs numbers", value.span)
    try:
        result = FUNCTIONS[value.function].compute(*arguments)
        is_finite = math.isfinite(result)
    except ZeroDivisionError as error:
        raise ValueProblem("this divides by zero", value.span) from error
    except (ArithmeticError, ValueError) as error:
        given = ", ".join(f"{a:.6g}" for a in arguments)
        raise ValueProblem(f"`{value.function}` has no value that is a number at {given}", value.span) from error
    if not is_finite:
        raise ValueProblem("this is not a finite number", value.span)
    return result


def _curve(curve: Curve, at: At) -> Value:
    position = at.gradient if curve.as_gradient else at.depth
    points = [evaluate(p, at) for p in curve.points]
    scaled = position * (len(points) - 1)
    i = min(int(scaled), len(points) - 1)
    j = min(i + 1, len(points) - 1)
    first, second = points[i], points[j]
    if isinstance(first, str | bool) or isinstance(second, str | bool):
        return first
    fraction = scaled - i
    return (1.0 - fraction) * first + fraction * second


def place_in(value: ValueExpr) -> PlaceOf | Curve | None:
    """Something in a value that depends on the place where it is read."""
    match value:
        case PlaceOf() | Curve():
            return value
        case Apply():
            return next((found for a in value.arguments if (found := place_in(a)) is not None), None)
        case _:
            return None


def constants_of(value: ValueExpr) -> tuple[Constant, ...] | None:
    """The constants a value lies between wherever it is read; None if that takes evaluating it."""
    points = value.points if isinstance(value, Curve) else (value,)
    found = tuple(c for p in points if (c := _constant(p)) is not None)
    return found if len(found) == len(points) else None


def _constant(value: ValueExpr) -> Constant | None:
    """What a value is everywhere, if it is the same everywhere."""
    if isinstance(value, Constant) or place_in(value) is not None:
        return value if isinstance(value, Constant) else None
    try:
        return Constant(evaluate(value, NOWHERE), value.span)
    except ValueProblem:
        return None

"""The point with the least sum of distances to the inputs."""

from __future__ import annotations

from itertools import combinations
from math import fsum, sqrt
from typing import TYPE_CHECKING

from mergec.api import (
    Arguments,
    Blend,
    Block,
    Coefficients,
    Elementwise,
    Inputs,
    Measure,
    Method,
    Param,
    ParamKind,
    Scope,
    Situation,
)
from mergec_methods.weights import normalized

if TYPE_CHECKING:
    from torch import Tensor

Squares = tuple[tuple[float, ...], ...]
"""Squared distances between all pairs of inputs, in a unit of their own."""


def heaviest(count: int, arguments: Arguments) -> Coefficients | None:
    """An input with more than half of the weight is the median. Raises MethodError where all weights are zero."""
    weights = normalized(arguments.numbers("weight"))
    heavy = tuple(float(w > 0.5) for w in weights)
    return heavy if any(heavy) else None


def median(squares: Squares, arguments: Arguments) -> Coefficients:
    """Coefficients that sum to 1, found by Weiszfeld's iteration from the weighted mean.

    Limits: an input that outweighs the pull of all others is the median itself. Two inputs of equal weight have many
    medians; the middle is taken.
    Source: E. Weiszfeld, Tohoku Math. J. 43, 1937; Y. Vardi and C.-H. Zhang, PNAS 97, 2000, for medians at an input.
    """
    weights = normalized(arguments.numbers("weight"))
    for k in range(len(weights)):
        if outweighs(squares, weights, k):
            return tuple(float(i == k) for i in range(len(weights)))
    point = weights
    for _ in range(int(arguments.number("max_iter"))):
        before, point = point, closer(squares, weights, point)
        if max(abs(a - b) for a, b in zip(before, point, strict=True)) <= arguments.number("tol"):
            break
    return point


def outweighs(squares: Squares, weights: Coefficients, k: int) -> bool:
    """Whether the unit pulls of the inputs elsewhere sum to less than the weight at input k."""
    here = fsum(w for w, d in zip(weights, squares[k], strict=True) if d == 0.0)
    pulls = tuple(w / sqrt(d) if d > 0.0 else 0.0 for w, d in zip(weights, squares[k], strict=True))
    return force(squares, pulls, k) < here * (1.0 - 1e-9)


def force(squares: Squares, pulls: Coefficients, k: int) -> float:
    """Length of Σ pull (x_i − x_k), by ⟨x_i − x_k, x_j − x_k⟩ = ½ (d_ik² + d_jk² − d_ij²)."""
    row = squares[k]
    return sqrt(
        max(
            0.0,
            fsum(
                p * q * (row[i] + row[j] - squares[i][j]) / 2.0
                for i, p in enumerate(pulls)
                for j, q in enumerate(pulls)
            ),
        )
    )


def to_inputs(squares: Squares, point: Coefficients) -> Coefficients:
    """Distance of every input to an affine combination: |x_k − Σ c x|² = Σ c d_k² − ½ ΣΣ c c d²."""
    toward = [fsum(c * d for c, d in zip(point, row, strict=True)) for row in squares]
    spread = fsum(c * t for c, t in zip(point, toward, strict=True)) / 2.0
    return tuple(sqrt(max(0.0, t - spread)) for t in toward)


def closer(squares: Squares, weights: Coefficients, point: Coefficients) -> Coefficients:
    """One step: the mean of the inputs with weights over their distances from the point; away from an input's place."""
    away = to_inputs(squares, point)
    pulls = tuple(w / d if d > 0.0 else 0.0 for w, d in zip(weights, away, strict=True))
    rest = tuple(p / fsum(pulls) for p in pulls)
    if min(away) > 0.0:
        return rest
    here = fsum(w for w, d in zip(weights, away, strict=True) if d == 0.0)
    stay = min(1.0, here / force(squares, pulls, away.index(0.0)))
    return tuple((1.0 - stay) * r + stay * c for r, c in zip(rest, point, strict=True))


def squared_distances(block: Block) -> Tensor:
    """Of all pairs, as far as the block holds them: float64 [n, n].

    Taken from the differences: a Gram matrix of inputs that are alike holds little of what tells them apart.
    """
    import torch

    count = len(block.inputs)
    found = torch.zeros(count, count, dtype=torch.float64, device=block.inputs[0].device)
    for i, j in combinations(range(count), 2):
        found[i, j] = found[j, i] = (block.inputs[i] - block.inputs[j]).double().square().sum()
    return found


def add(one: Tensor, other: Tensor) -> Tensor:
    """Sums over two runs."""
    return one + other


def settle(squares: Tensor, block: Block) -> Coefficients:
    """The median's coefficients, from squared distances over the whole tensor."""
    unit = float(squares.max()) or 1.0
    return median(tuple(tuple(d / unit for d in row) for row in squares.tolist()), block.arguments)


def combined(block: Block) -> Tensor:
    """The combination of a block's inputs."""
    coefficients: Coefficients = block.measured[0]
    total = coefficients[0] * block.inputs[0]
    for coefficient, values in zip(coefficients[1:], block.inputs[1:], strict=True):
        total.add_(values, alpha=coefficient)
    return total


_FIXED = Blend(fixed=heaviest)
_MEASURED = Elementwise(combined, measures=(Measure(squared_distances, add, settle),), workspace=6.0)


def choose(situation: Situation) -> Blend | Elementwise:
    """Weights may decide alone. Raises MethodError where all are zero."""
    return _FIXED if heaviest(situation.count, situation.arguments) else _MEASURED


GEOMETRIC_MEDIAN = Method(
    name="geometric_median",
    summary="Take the point with the least sum of distances to all inputs; an outlier hardly moves it.",
    pattern=_MEASURED,
    inputs=Inputs(1),
    params=(
        Param("weight", "How strongly the median is drawn to this input.", scope=Scope.PER_INPUT, default=1.0, low=0.0),
        Param("max_iter", "Steps at most.", kind=ParamKind.INTEGER, default=100, low=0),
        Param("tol", "A step that moves no coefficient by more ends the search.", default=1e-6, low=0.0),
    ),
    idempotent=True,
    symmetric=True,
    choose=choose,
    shade="weight",
    source="E. Weiszfeld, Tohoku Mathematical Journal 43, 1937",
)

"""Vectors that are combinations of the inputs: what can be said of them from inner products alone.

A combination holds one number per input. It is taken over the directions of the inputs, vectors of length 1 in the
direction of each, so that nothing here depends on the unit of the tensors; a zero input has no direction, and its
number has no effect.
"""

from __future__ import annotations

from math import fsum, sqrt

from mergec.api import Coefficients, Gram

Matrix = tuple[tuple[float, ...], ...]

CANCELLED = 1e-3
"""A sum shorter than this share of its terms has no direction: inner products in float32 leave as much of nothing."""


def cosines(gram: Gram) -> Matrix:
    """Inner products of the inputs' directions: the cosine of each angle, 0 for a zero input."""
    count = range(len(gram.products))
    return tuple(tuple(float(gram.norm(i) > 0) if i == j else gram.cosine(i, j) for j in count) for i in count)


def lengths(gram: Gram) -> Coefficients:
    """Euclidean length of every input."""
    return tuple(gram.norm(i) for i in range(len(gram.products)))


def times(matrix: Matrix, combination: Coefficients) -> Coefficients:
    """Inner product of a combination with every direction."""
    return tuple(fsum(m * c for m, c in zip(row, combination, strict=True)) for row in matrix)


def length(matrix: Matrix, combination: Coefficients) -> float:
    """Euclidean length of a combination."""
    products = times(matrix, combination)
    return sqrt(max(0.0, fsum(c * p for c, p in zip(combination, products, strict=True))))


def weighted_sum(a: float, one: Coefficients, b: float, other: Coefficients) -> Coefficients:
    """a times one combination plus b times another."""
    return tuple(a * x + b * y for x, y in zip(one, other, strict=True))


def unit(matrix: Matrix, combination: Coefficients, shortest: float = 0.0) -> Coefficients | None:
    """A combination brought to length 1; None where it is no longer than `shortest`, or cancels."""
    size = length(matrix, combination)
    if size <= max(shortest, CANCELLED * fsum(map(abs, combination))):
        return None
    return tuple(c / size for c in combination)


def of_inputs(combination: Coefficients, scale: float, sizes: Coefficients) -> Coefficients:
    """A combination of directions, times a length, as coefficients of inputs of these lengths."""
    return tuple(scale * c / size if size > 0 else 0.0 for c, size in zip(combination, sizes, strict=True))

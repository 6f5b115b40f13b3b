"""What each merge method should give, in float64 numpy, written from the papers and not from the plugins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.support.numbers import Array

Weights = tuple[float, ...]


def slerp_weights(a: Array, b: Array, t: float) -> Weights:
    """Shoemake 1985; along the chord where |cos| > 0.9995; a vector of no length is at a right angle to all others."""
    lengths = float(np.sqrt(np.sum(a * a))), float(np.sqrt(np.sum(b * b)))
    cosine = 0.0 if min(lengths) <= 1e-8 else float(np.sum((a / lengths[0]) * (b / lengths[1])))
    if abs(cosine) > 0.9995:
        return 1.0 - t, t
    angle = np.arccos(cosine)
    return float(np.sin((1.0 - t) * angle) / np.sin(angle)), float(np.sin(t * angle) / np.sin(angle))


def lerp_weights(t: float) -> Weights:
    return 1.0 - t, t


def linear_weights(weights: Sequence[float], normalize: bool) -> Weights:
    total = sum(weights) if normalize else 1.0
    return tuple(weight / total for weight in weights)


def weighted(weights: Weights, vectors: Sequence[Array]) -> Array:
    """The sum of weight times vector."""
    return np.sum([weight * vector for weight, vector in zip(weights, vectors, strict=True)], axis=0)


def size_of_terms(weights: Weights, vectors: Sequence[Array]) -> Array:
    """The sum of the terms' absolute values: what rounding errors before a cancellation are relative to."""
    return np.sum([abs(weight * vector) for weight, vector in zip(weights, vectors, strict=True)], axis=0)

"""What the blends should give, in float64 numpy on the vectors themselves: from the formulas, not from the plugins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from tests.support.numbers import Array


def norm(vector: Array) -> float:
    return float(np.sqrt(np.sum(vector * vector)))


def angle_between(a: Array, b: Array) -> float:
    """In radians, from half-angle sides: exact for small and for nearly straight angles."""
    a, b = a / norm(a), b / norm(b)
    return float(2.0 * np.arctan2(norm(a - b), norm(a + b)))


def arc(a: Array, b: Array, t: float) -> Array:
    """Shoemake's slerp of two vectors that are neither zero nor along one line."""
    angle = angle_between(a, b)
    result: Array = (np.sin((1.0 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    return result


def arc_or_chord(a: Array, b: Array, t: float) -> Array:
    """The arc; the chord of two vectors along one line or nearly opposite."""
    cosine = float(np.sum(a * b)) / (norm(a) * norm(b))
    return (1.0 - t) * a + t * b if cosine > 1.0 - 1e-12 or cosine < -0.9995 else arc(a, b, t)


def along(axis: int | None, function: Callable[..., Array], *tensors: Array) -> Array:
    """A function of vectors applied along an axis, as if it were swapped with the last; None: to whole tensors."""
    if axis is None or tensors[0].ndim < 2:
        return function(*tensors)
    turned = [t.swapaxes(axis, -1) for t in tensors]
    rows = [t.reshape(-1, t.shape[-1]) for t in turned]
    results = np.stack([function(*vectors) for vectors in zip(*rows, strict=True)])
    return results.reshape(turned[0].shape).swapaxes(axis, -1)


def karcher(vectors: Sequence[Array], steps: int = 200, tolerance: float = 1e-13) -> Array:
    """The Karcher mean of directions by steps in the tangent space, until one is too short, at the mean length."""
    units = [v / norm(v) for v in vectors]
    mean = np.sum(units, axis=0)
    mean = mean / norm(mean)
    for _ in range(steps):
        tangent = np.mean([log_map(mean, unit) for unit in units], axis=0)
        if norm(tangent) < tolerance:
            break
        mean = exp_map(mean, tangent)
    return mean * float(np.mean([norm(v) for v in vectors]))


def log_map(point: Array, unit: Array) -> Array:
    """The tangent at a point of the sphere that leads to another one."""
    aside = unit - np.sum(unit * point) * point
    return np.zeros_like(point) if norm(aside) == 0 else angle_between(point, unit) * aside / norm(aside)


def exp_map(point: Array, tangent: Array) -> Array:
    """Where a tangent leads from a point of the sphere."""
    angle = norm(tangent)
    end: Array = point if angle == 0 else np.cos(angle) * point + np.sin(angle) / angle * tangent
    return end / norm(end)


def multislerp(vectors: Sequence[Array], weights: Sequence[float], eps: float = 0.0) -> Array:
    """One step on the sphere from the weighted mean direction, at the weighted mean length; eps is added to lengths."""
    units = [v / (norm(v) + eps) for v in vectors]
    mean = np.sum([w * u for w, u in zip(weights, units, strict=True)], axis=0)
    mean = mean / norm(mean)
    tangent = np.sum([w * (u - np.sum(u * mean) * mean) for w, u in zip(weights, units, strict=True)], axis=0)
    length = sum(w * norm(v) for w, v in zip(weights, vectors, strict=True))
    angle = norm(tangent) + eps
    aside = tangent if angle == 0 else np.sin(angle) / angle * tangent
    result: Array = (np.cos(angle) * mean + aside) * length
    return result


def model_stock(base: Array, inputs: Sequence[Array]) -> Array:
    """Jang et al. 2024, with the mean of the pairs' cosines, no cosine below zero counting."""
    count = len(inputs)
    deltas = [x - base for x in inputs]
    cosine = max(0.0, float(np.mean([np.cos(angle_between(a, b)) for a, b in combinations(deltas, 2)])))
    ratio = count * cosine / (1.0 + (count - 1) * cosine)
    result: Array = ratio * np.mean(inputs, axis=0) + (1.0 - ratio) * base
    return result


def sum_of_distances(point: Array, inputs: Sequence[Array], weights: Sequence[float]) -> float:
    """What the geometric median makes least."""
    return sum(w * norm(x - point) for w, x in zip(weights, inputs, strict=True))

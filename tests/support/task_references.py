"""The methods on deltas in plain float64 numpy, written from the papers and from what mergekit documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor

import numpy as np

from tests.support.numbers import Array


def largest(delta: Array, count: int) -> Array:
    """The delta with its `count` largest elements; the first of equal ones."""
    kept = np.argsort(-np.abs(delta).reshape(-1), kind="stable")[:count]
    thinned = np.zeros(delta.size)
    thinned[kept] = delta.reshape(-1)[kept]
    return thinned.reshape(delta.shape)


def trimmed(delta: Array, density: float) -> Array:
    """TIES: the share of largest elements, at least one."""
    return delta if density >= 1 else largest(delta, max(1, floor(density * delta.size)))


def middle(delta: Array, density: float, gamma: float) -> Array:
    """Breadcrumbs: without the largest, and then without the smallest."""
    if density >= 1:
        return delta
    kept = floor(density * delta.size)
    top = min(floor(gamma * delta.size), delta.size - kept)
    return largest(delta, top + kept) - largest(delta, top)


def rescaled(thinned: Array, delta: Array) -> Array:
    """With the sum of absolute values of the whole delta."""
    before, after = np.abs(delta).sum(), np.abs(thinned).sum()
    return thinned * (before / after) if min(before, after) >= 1e-7 else thinned


def summed(deltas: Sequence[Array], weights: Sequence[float], normalize: bool) -> Array:
    total = sum(w * d for w, d in zip(weights, deltas, strict=True))
    divisor = sum(weights) if normalize else 1.0
    return np.asarray(total / (divisor if abs(divisor) >= 1e-8 else 1.0))


def agreed(deltas: Sequence[Array], weights: Sequence[float], normalize: bool) -> Array:
    """TIES: the parts whose sign is that of the sum; the weights of those divide it."""
    parts = [w * d for w, d in zip(weights, deltas, strict=True)]
    sign = np.where(np.sum(parts, axis=0) >= 0, 1.0, -1.0)
    matches = [np.sign(p) == sign for p in parts]
    total = np.sum([p * m for p, m in zip(parts, matches, strict=True)], axis=0)
    if normalize:
        share = np.sum([w * m for w, m in zip(weights, matches, strict=True)], axis=0)
        total = total / np.where(share == 0, 1.0, share)
    return np.asarray(total)


def task(
    base: Array,
    inputs: Sequence[Array],
    weights: Sequence[float],
    thin: Callable[[Array, int], Array],
    *,
    agree: bool,
    normalize: bool,
    rescale: bool,
    factor: float = 1.0,
) -> Array:
    """Thin each delta, weigh, sum or elect and merge, add to the base."""
    deltas = [np.asarray(x - base) for x in inputs]
    thinned = [thin(d, i) for i, d in enumerate(deltas)]
    if rescale:
        thinned = [rescaled(t, d) for t, d in zip(thinned, deltas, strict=True)]
    return base + factor * (agreed if agree else summed)(thinned, weights, normalize)

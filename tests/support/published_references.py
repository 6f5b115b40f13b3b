"""consensus, pcb and the global trim in plain float64 numpy, written from the papers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.support.numbers import Array
from tests.support.task_references import agreed, largest


def consensus(base: Array, deltas: Sequence[Array], thresholds: Sequence[float], votes: int, factor: float) -> Array:
    """Wang et al. 2024: TALL masks, and the elements that enough of them hold."""
    total = np.sum(deltas, axis=0)
    masks = [np.abs(d) >= t * np.abs(total - d) for d, t in zip(deltas, thresholds, strict=True)]
    return np.asarray(base + factor * total * (np.sum(masks, axis=0) >= votes))


def softmax(values: Array) -> Array:
    powers = np.exp(values - values.max())
    return np.asarray(powers / powers.sum())


def norm(values: Array) -> Array:
    width = values.max() - values.min()
    return np.asarray((values - values.min()) / width if width > 0 else values * 0)


def pcb(base: Array, deltas: Sequence[Array], weights: Sequence[float], density: Sequence[float]) -> Array:
    """Du et al. 2024: balance within and between, drop, average by what is left."""
    total, share = np.zeros_like(base), np.zeros_like(base)
    for i, delta in enumerate(deltas):
        within = softmax(len(deltas) * norm(delta * delta))
        between = np.sum([softmax(norm(delta * other)) for other in deltas], axis=0)
        balance = within * between * base.size
        if density[i] < 1:
            balance = largest(balance, max(1, int(density[i] * base.size)))
        total += balance * weights[i] * delta
        share += balance
    return np.asarray(base + total / np.maximum(share, 1e-12))


def globally_trimmed(
    bases: Sequence[Array], models: Sequence[Sequence[Array]], density: Sequence[Sequence[float]], weights: list[float]
) -> list[Array]:
    """TIES over a whole model: `models[i][t]` is tensor t of input i, `density[t][i]` what t asks of i."""
    deltas = [[x - b for x, b in zip(model, bases, strict=True)] for model in models]
    results = []
    for t, base in enumerate(bases):
        thinned = []
        for i, own in enumerate(deltas):
            flat = np.concatenate([d.ravel() for d in own])
            kept = flat if density[t][i] >= 1 else largest(flat, max(1, int(density[t][i] * flat.size)))
            start = sum(d.size for d in own[:t])
            thinned.append(kept[start : start + base.size].reshape(base.shape))
        results.append(base + agreed(thinned, weights, normalize=True))
    return results

"""sce, ram, nearswap and arcee_fusion in plain float64 numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.support.numbers import Array
from tests.support.task_references import largest


def sce(base: Array, inputs: Sequence[Array], select_topk: float = 1.0) -> Array:
    """Wan et al. 2024: select by variance, weigh by energy, erase the minority sign."""
    deltas = np.stack([x - base for x in inputs])
    if select_topk < 1:
        variance = deltas.var(axis=0)
        keep = largest(variance, int((variance != 0).sum() * select_topk)) != 0
        deltas = deltas * keep
    energy = np.array([(d**2).mean() for d in deltas])
    weights = energy / energy.sum() if energy.sum() >= 1e-6 else np.full(len(deltas), 1 / len(deltas))
    sign = np.where(deltas.sum(axis=0) >= 0, 1.0, -1.0)
    shares = np.array([w * (np.sign(d) == sign) for w, d in zip(weights, deltas, strict=True)])
    return np.asarray(base + (deltas * shares).sum(axis=0) / np.maximum(shares.sum(axis=0), 1e-6))


def ram(base: Array, inputs: Sequence[Array], epsilon: float, r: float = 0.0, alpha: float = 0.0) -> Array:
    """Yuan et al. 2026: shared changes averaged, others whole, or with r and alpha more than that."""
    deltas = np.stack([x - base for x in inputs])
    active = np.abs(deltas) > epsilon
    count = active.sum(axis=0)
    total = np.zeros_like(base)
    for delta, own in zip(deltas, active, strict=True):
        joint, alone = (own & (count > 1)).sum(), (own & (count == 1)).sum()
        ratio = joint / max(alone, epsilon) if alone else 0.0
        boost = 1 + r * min(max(ratio, 0.0), alpha)
        total += delta * own * np.where(count > 1, 1 / np.maximum(count, 1), boost)
    return np.asarray(base + total)


def nearswap(base: Array, other: Array, t: float) -> Array:
    share = np.clip(t / np.maximum(np.abs(base - other), 1e-6), 0, 1)
    return np.asarray(share * other + (1 - share) * base)


def arcee_fusion(base: Array, other: Array) -> Array:
    """Changes times divergence of their row, from an upper fence of the quartiles on."""
    rows = (-1, base.shape[-1] if base.ndim else 1)
    p, q = (np.exp(x.reshape(rows)) / np.exp(x.reshape(rows)).sum(1, keepdims=True) + 1e-8 for x in (other, base))
    divergence = (p * np.log(p / q)).sum(1, keepdims=True)
    importance = np.abs(other - base).reshape(rows) * np.maximum(divergence, 0)
    low, mid, high = (np.sort(importance.ravel())[int(s * (base.size - 1))] for s in (0.25, 0.5, 0.75))
    return np.asarray(np.where((importance >= mid + 1.5 * (high - low)).reshape(base.shape), other, base))

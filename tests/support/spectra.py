"""Matrices and blocks for the methods that work on singular values, and float64 references in numpy."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from mergec.api import Arguments, Block, Method, Situation, Whole
from mergec.core.params import Value
from tests.support.numbers import Array

SHAPES = ((12, 12), (40, 9), (9, 40), (1, 7), (7, 1), (1, 1))

_RNG = np.random.default_rng(11)


def random(shape: tuple[int, ...], rank: int | None = None, seed: int | None = None) -> Array:
    """Normal numbers, or a product of two such matrices of a rank."""
    rng = _RNG if seed is None else np.random.default_rng(seed)
    if rank is None:
        return np.asarray(rng.normal(0, 1, shape), np.float64)
    return rng.normal(0, 1, (shape[0], rank)) @ rng.normal(0, 1, (rank, shape[1]))


def orthonormal(rows: int, columns: int, seed: int) -> Array:
    """A matrix with orthogonal columns of length 1."""
    return np.linalg.qr(random((rows, columns), seed=seed))[0]


def values(matrix: Array) -> Array:
    """Singular values, largest first."""
    return np.asarray(np.linalg.svd(matrix, compute_uv=False), np.float64)


def procrustes(matrix: Array) -> Array:
    """The nearest matrix with orthonormal rows or columns, from an SVD without those directions that it has not."""
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    keep = s > 1e-5 * max(s[0], 1e-300)
    return np.asarray(u[:, keep] @ vt[keep])


def truncated(matrix: Array, rank: int) -> Array:
    """The nearest matrix of a rank."""
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    return np.asarray((u[:, :rank] * s[:rank]) @ vt[:rank])


def arguments(method: Method, **given: Value) -> Arguments:
    """Values of a method's parameters, its defaults where none is given."""
    assert given.keys() <= {p.name for p in method.params}
    return Arguments(tuple((p.name, given.get(p.name, p.default)) for p in method.params))


def block(method: Method, inputs: Sequence[Array], base: Array | None, dtype: torch.dtype, **given: Value) -> Block:
    """Inputs and base as a method gets them."""
    tensors = tuple(torch.tensor(x, dtype=dtype) for x in inputs)
    at = None if base is None else torch.tensor(base, dtype=dtype)
    return Block(tensors, at, arguments(method, **given), "model.layers.0.mlp.up_proj.weight", tuple(inputs[0].shape))


def apply(method: Method, one: Block) -> torch.Tensor:
    """What a method makes of a whole tensor. Its inputs stay as they were, its result has their type and shape."""
    before = [x.clone() for x in (*one.inputs, *([] if one.base is None else [one.base]))]
    count = len(one.inputs)
    pattern = method.pattern_for(Situation(one.arguments, count, one.base is not None, one.shape))
    assert isinstance(pattern, Whole)
    result = pattern.apply(one)
    after = (*one.inputs, *([] if one.base is None else [one.base]))
    assert all(torch.equal(x.nan_to_num(), y.nan_to_num()) for x, y in zip(before, after, strict=True))
    assert (result.dtype, result.shape) == (one.inputs[0].dtype, one.inputs[0].shape)
    return result


def merged(
    method: Method,
    deltas: Sequence[Array],
    base: Array | None = None,
    dtype: torch.dtype = torch.float64,
    **given: Value,
) -> Array:
    """What a method adds to a base, of models whose deltas are given."""
    at = np.zeros_like(deltas[0]) if base is None else base
    one = block(method, [at + d for d in deltas], at, dtype, **given)
    return np.asarray(apply(method, one).to(torch.float64).numpy() - at)


def assert_close(got: Array, wanted: Array, tolerance: float = 1e-9) -> None:
    """Equal up to a share of the largest singular value wanted, in every direction."""
    size = max(float(np.abs(wanted).max(initial=0.0)), 1e-300)
    assert got.shape == wanted.shape
    assert float(np.abs(got - wanted).max(initial=0.0)) <= tolerance * size


def check_common(method: Method, merge: Callable[..., Array] = merged, least: int = 1) -> None:
    """What holds for every method of deltas: the base where all are zero, order, precision, stacks, odd values."""
    for shape in SHAPES:
        base, deltas = random(shape), [random(shape) for _ in range(max(3, least))]
        zero = [np.zeros(shape)] * max(2, least)
        assert np.array_equal(merge(method, zero, base), np.zeros(shape)), shape
        once, again = merge(method, deltas, base), merge(method, deltas[::-1], base)
        assert_close(again, once, 1e-9)
        assert_close(merge(method, deltas, base, torch.float32), once, 2e-4)
    stack = [random((3, 20, 16)) for _ in range(max(2, least))]
    whole = merge(method, stack, np.zeros((3, 20, 16)))
    for i in range(3):
        assert_close(whole[i], merge(method, [s[i] for s in stack], np.zeros((20, 16))), 1e-12)
    assert merge(method, [np.zeros((0, 5))] * max(2, least)).shape == (0, 5)
    broken = random((6, 5))
    broken[2, 3] = np.nan
    assert np.isnan(merge(method, [broken] + [random((6, 5)) for _ in range(max(1, least - 1))])).any()

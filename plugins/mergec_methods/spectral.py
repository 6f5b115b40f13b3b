"""What the methods that work on singular values share.

Sizes: rows is the output side, columns the input side of a weight matrix, as torch stores it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from mergec.api import (
    Arguments,
    Base,
    Blend,
    Block,
    Coefficients,
    Elementwise,
    Inputs,
    Method,
    Param,
    Rows,
    Situation,
    Suits,
    Whole,
)

if TYPE_CHECKING:
    from torch import Tensor

SMALLEST = 1e-6
"""Singular values below this share of the largest count as zero, and their directions as absent."""

PARALLEL = 1e-5
"""The same for stacks of unit vectors, so that rounding does not tell two copies of one direction apart."""

NARROW = 16
"""Stacks of matrices with a side shorter than this are kernels of convolutions, not maps between features."""

MATRICES = Suits(ranks=(2, 3), without=("embedding", "head"))
"""Weight matrices, and stacks [experts, rows, columns] of them."""

SCALING = Param(
    "scaling", "Multiply the merged delta by this before it is added to the base.", default=1.0, usual=(0.0, 2.0)
)


def shares(count: int, arguments: Arguments) -> Coefficients:
    """Scaling over the number of inputs, for each."""
    return (arguments.number("scaling") / count,) * count


AVERAGE_DELTAS = Method(
    name="average_deltas",
    summary="Add the average of the deltas to the base; what spectral methods do with tensors that are no matrices.",
    pattern=Blend(fixed=shares, of_deltas=True),
    inputs=Inputs(1),
    params=(SCALING,),
    base=Base.SEPARATE,
    symmetric=True,
    shade="scaling",
    source="Ilharco et al., ICLR 2023, arXiv 2212.04089, with one coefficient for all tasks",
)


def merged_alone(count: int, arguments: Arguments) -> Coefficients:
    """All of the first input, which for a wrapper is the merged tensor."""
    return (1.0, *(0.0,) * (count - 1))


AS_MERGED = Method(
    name="as_merged",
    summary="Leave a merged tensor as it is; what wrappers do with tensors that are no matrices.",
    pattern=Blend(fixed=merged_alone),
    inputs=Inputs(1),
    base=Base.SEPARATE,
    wraps=True,
    source="the wrapped method",
)


@dataclass(frozen=True, slots=True)
class Svd:
    """The singular triplets of a matrix whose values are not zero, largest first: the matrix is left · values · rightᵀ.

    left: [rows, rank]; values: [rank], float64; right: [columns, rank].
    """

    left: Tensor
    values: Tensor
    right: Tensor

    def top(self, count: int) -> Svd:
        """The largest triplets, at most so many; the others are let go."""
        if count >= len(self.values):
            return self
        return Svd(self.left[:, :count].clone(), self.values[:count].clone(), self.right[:, :count].clone())


def decompose(matrix: Tensor) -> Svd:
    """Singular triplets, from the eigenvectors of the smaller Gram matrix in float64.

    Relative to the largest, values have an error of about 1e-12, vectors of value v one of 1e-16/v². Below SMALLEST
    there are none. Twice as fast as a float32 SVD of a tall or wide matrix, as fast for a square one. float64.
    """
    import torch

    rows, columns = matrix.shape
    a, scale = _normalised(matrix)
    a = a if rows >= columns else a.T
    eigenvalues, vectors = torch.linalg.eigh(a.T @ a)
    rank = _rank(eigenvalues, SMALLEST)
    vectors = vectors[:, vectors.shape[1] - rank :].flip(1)
    images = a @ vectors
    values = images.norm(dim=0)
    images /= values
    left, right = (images, vectors) if rows >= columns else (vectors, images)
    return Svd(left, values * scale, right)


def polar(matrix: Tensor, smallest: float = SMALLEST) -> tuple[Tensor, Tensor]:
    """The nearest matrix whose singular values are all 1, and the singular values of the given one.

    U Vᵀ for a matrix U S Vᵀ, over the values above `smallest` times the largest; directions beyond are left out, since
    nothing says which they would be. A zero matrix gives zero and no values. float64.
    Source: orthogonal Procrustes problem, Schönemann 1966; (A Aᵀ)^(−½) A.
    """
    import torch

    a, scale = _normalised(matrix)
    wide = a.shape[0] < a.shape[1]
    a = a.T if wide else a
    eigenvalues, vectors = torch.linalg.eigh(a.T @ a)
    rank = _rank(eigenvalues, smallest)
    kept, values = vectors[:, vectors.shape[1] - rank :], eigenvalues[eigenvalues.shape[0] - rank :].sqrt()
    factor = a @ ((kept / values) @ kept.T)
    return (factor.T if wide else factor), values.flip(0) * scale


def _normalised(matrix: Tensor) -> tuple[Tensor, float]:
    """A copy in float64 whose largest number is 1, and what it was, so that squares stay within range."""
    import torch

    scale = float(torch.linalg.vector_norm(matrix, torch.inf)) if matrix.numel() else 0.0
    return matrix.to(torch.float64, copy=True).div_(scale or 1.0), scale


def _rank(eigenvalues: Tensor, smallest: float) -> int:
    """How many eigenvalues, in ascending order, belong to singular values that are not zero."""
    if eigenvalues.shape[0] == 0 or float(eigenvalues[-1]) <= 0.0:
        return 0
    return int((eigenvalues > smallest**2 * eigenvalues[-1]).sum())


def delta_svd(block: Block, i: int) -> Svd:
    """The decomposition of input i minus the base, computed once for all methods that look at this tensor.

    Vectors have the type of the input, so that those of all inputs fit into memory.
    """

    def compute() -> Svd:
        delta = block.delta(i)
        svd = decompose(delta)
        return Svd(svd.left.to(delta.dtype), svd.values, svd.right.to(delta.dtype))

    svd: Svd = block.once("svd", i, compute)
    return svd


def added(base: Tensor, delta: Tensor, scaling: float = 1.0) -> Tensor:
    """The base plus a float64 delta times scaling, of the base's type; overwrites the delta."""
    return delta.mul_(scaling).add_(base).to(base.dtype)


def by_matrix(merge: Callable[[Block], Tensor]) -> Callable[[Block], Tensor]:
    """A function of matrices as one of stacks of matrices too, each by itself.

    Values that are not finite are passed on, since no decomposition takes them.
    """

    def apply(block: Block) -> Tensor:
        import torch

        first = block.inputs[0]
        if not all(bool(torch.isfinite(x).all()) for x in block.inputs):
            return sum(block.inputs[1:], start=first.clone())
        if first.numel() == 0:
            return first.clone()
        if first.dim() == 2:
            return merge(block)
        return torch.stack([merge(_matrix(block, i)) for i in range(first.shape[0])])

    return apply


def _matrix(block: Block, i: int) -> Block:
    """One matrix of a stack."""
    inputs = tuple(x[i] for x in block.inputs)
    base = None if block.base is None else block.base[i]
    return Block(inputs, base, block.arguments, block.tensor_name, tuple(inputs[0].shape))


def decomposing(rows: int, columns: int) -> float:
    """Numbers of float64 that `decompose` or `polar` holds at once: copy, result, Gram matrix, work space."""
    return 2.0 * rows * columns + 4.0 * min(rows, columns) ** 2


Pattern = Blend | Elementwise | Rows | Whole

Need = Callable[[int, int, Situation], float]
"""How many numbers of float64 the merge of one matrix holds at once, for its rows and columns."""

BUFFERS_BYTES = 1 << 23
"""What the library of linear algebra keeps for itself."""


def whole(merge: Callable[[Block], Tensor]) -> Whole:
    """The pattern where no shape is known."""
    return Whole(by_matrix(merge), workspace=32.0)


def pattern(merge: Callable[[Block], Tensor], need: Need, kernels: Pattern) -> Callable[[Situation], Pattern]:
    """How a tensor is merged: matrix by matrix, or as `kernels` of a convolution."""
    apply = by_matrix(merge)

    def choose(situation: Situation) -> Pattern:
        if len(situation.shape) < 2:
            return Whole(apply)
        *stack, rows, columns = situation.shape
        if stack and min(rows, columns) < NARROW:
            return kernels
        bytes_ = BUFFERS_BYTES + 8 * need(rows, columns, situation)
        return Whole(apply, workspace=2.0 + bytes_ / (4 * max(1, prod(situation.shape))))

    return choose

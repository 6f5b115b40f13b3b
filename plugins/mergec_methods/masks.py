"""Masks on float tensors in few and plain operations: whole numbers, -1 to keep and 0 to drop.

A comparison in torch costs as much as eight subtractions, a choice by a flag more; the sign bit of a difference costs
one subtraction and one shift.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_WORD = 1 << 32
_GOLDEN = 0x9E3779B9
"""2^32 divided by the golden ratio."""

_COLUMNS, _STEP = 1 << 12, 101
"""Of a table over the indices of a tensor, and how much the multiple goes up from row to row. With this step the share
is about as even in rows and columns of usual matrices as if the multiple went up by one from each index to the next."""


def magnitudes(values: Tensor) -> Tensor:
    """Absolute values, rounded to float32, as whole numbers of the same order (int32)."""
    import torch

    return (values.float() if values.dtype != torch.float32 else values).view(torch.int32) & 0x7FFFFFFF


def to_magnitudes(values: Tensor) -> Tensor:
    """The same in the memory of the values, which are lost."""
    import torch

    return values.view(torch.int32).bitwise_and_(0x7FFFFFFF) if values.dtype == torch.float32 else magnitudes(values)


def above(values: Tensor, bound: int | Tensor) -> Tensor:
    """Keeps whole numbers from 0 up that are greater than the bound, -1 or more, or than those that `bounds` gives.

    In the memory of the values.
    """
    import torch

    if isinstance(bound, int):
        return values.neg_().add_(bound).bitwise_right_shift_(31)
    found = values.view(bound.shape)
    torch.sub(bound, found, out=found)
    return values.bitwise_right_shift_(31)


def likely(halves: Tensor, chances: int | Tensor) -> Tensor:
    """Keeps at random, given uniform 16-bit numbers and the chances of all elements or of each."""
    import torch

    return halves.to(torch.int32).sub_(chances).bitwise_right_shift_(31)


def chance(probability: float) -> int:
    """A probability as what a uniform 16-bit number is compared with: in steps of 2^-16, one at the least."""
    return max(1, round(probability * 2**16)) - 2**15


def bounds(first: int, like: Tensor, bound: int, share: float) -> Tensor:
    """For each element the bound, or the number before it for a share of them, below 1: `above` then keeps these too.

    The share is spread evenly over the indices, `first` is that of the first element. Multiples of the golden ratio,
    without their whole parts, fall into any interval as often as its length says. The indices form a table; the
    multiple goes up by one from column to column and by a step from row to row, so that few numbers are all the rows.
    Where a block is whole rows, the result is these, [rows, columns], overlapping in memory; else it is shaped as it.
    """
    import torch

    row, skipped = divmod(first, _COLUMNS)
    rows = max(1, -(-(skipped + like.numel()) // _COLUMNS))
    start, numbers = row * _STEP * _GOLDEN % _WORD, _COLUMNS + (rows - 1) * _STEP
    turns = torch.arange(start, start + numbers * _GOLDEN, _GOLDEN, dtype=torch.int64, device=like.device)
    some = turns.bitwise_and_(_WORD - 1).lt(round(share * _WORD))
    table = (bound - some.to(torch.int32)).unfold(0, _COLUMNS, _STEP)
    if like.numel() == rows * _COLUMNS:
        return table
    return table.reshape(-1)[skipped : skipped + like.numel()].view(like.shape)


def masked(values: Tensor, mask: Tensor) -> Tensor:
    """The values where the mask keeps them, else 0; in the memory of the values."""
    import torch

    if values.dtype == torch.float32:
        values.view(torch.int32).bitwise_and_(mask)
        return values
    return values.mul_(mask.neg())


def sign_bits(values: Tensor) -> Tensor:
    """The sign of each value as the one bit of a whole number as wide; in the memory of the values."""
    words = _words(values)
    return words.bitwise_and_(-(1 << (8 * words.itemsize - 1)))


def turned(values: Tensor, signs: Tensor) -> Tensor:
    """The values times signs; in the memory of the values."""
    _words(values).bitwise_xor_(signs)
    return values


def _words(values: Tensor) -> Tensor:
    """Floating point numbers as whole numbers of the same bits, in the same memory."""
    import torch

    return values.view(torch.int32 if values.dtype == torch.float32 else torch.int64)

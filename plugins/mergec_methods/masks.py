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


def magnitudes(values: Tensor) -> Tensor:
    """Absolute values, rounded to float32, as whole numbers of the same order (int32)."""
    import torch

    return (values.float() if values.dtype != torch.float32 else values).view(torch.int32) & 0x7FFFFFFF


def to_magnitudes(values: Tensor) -> Tensor:
    """The same in the memory of the values, which are lost."""
    import torch

    return values.view(torch.int32).bitwise_and_(0x7FFFFFFF) if values.dtype == torch.float32 else magnitudes(values)


def above(values: Tensor, bound: int | Tensor) -> Tensor:
    """Keeps whole numbers from 0 up that are greater than the bound, -1 or more."""
    return (bound - values).bitwise_right_shift_(31)


def likely(bits: Tensor, chances: int | Tensor) -> Tensor:
    """Keeps at random, given uniform 32-bit numbers and the chances of all elements or of each. Changes the numbers."""
    return bits.bitwise_right_shift_(1).sub_(chances).bitwise_right_shift_(31)


def chance(probability: float) -> int:
    """A probability as what half of a uniform 32-bit number is compared with."""
    return round((min(1.0, max(0.0, probability)) - 0.5) * 2**31)


def spread(first: int, like: Tensor, share: float) -> Tensor:
    """Keeps a share of the elements, below 1, spread evenly over the indices from `first` on.

    Multiples of the golden ratio, without their whole parts, fall into any interval as often as its length says.
    """
    import torch

    start = first * _GOLDEN % _WORD
    turns = torch.arange(like.numel(), dtype=torch.int32, device=like.device).mul_(_GOLDEN - _WORD)
    turns.add_(start - _WORD if start >= _WORD // 2 else start).bitwise_and_(0x7FFFFFFF)
    return turns.sub_(round(share * (2**31 - 1))).bitwise_right_shift_(31).view(like.shape)


def masked(values: Tensor, mask: Tensor) -> Tensor:
    """The values where the mask keeps them, else 0; in the memory of the values."""
    import torch

    if values.dtype == torch.float32:
        values.view(torch.int32).bitwise_and_(mask)
        return values
    return values.mul_(mask.neg())

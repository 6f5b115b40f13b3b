"""Random numbers with a key: each is a function of the key and the element's index, of nothing else.

So a mask does not depend on blocks, threads, devices, the order of tensors or on other tensors.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_WORD = 1 << 32
_ROUNDS = ((16, 0x21F0AAAD), (15, 0x735A2D97), (15, 0x7FEB352D), (16, 0x846CA68B))
"""Shifts and odd multipliers of a mixing function on 32 bits.

Source: C. Wellons, "Prospecting for Hash Functions", 2018, constants of `triple32`-like and `lowbias32` finalizers.
"""


def stream_key(seed: int, method: str, tensor: str, source: str) -> int:
    """The key, 64 bits, of the numbers that one method draws for one input of one tensor."""
    text = "\0".join((str(seed), method, tensor, source))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def bits(key: int, first: int, like: Tensor) -> Tensor:
    """Uniform 32-bit numbers, as int32, for elements `first` and following; shape and device as `like`.

    Each half of the key enters before a full mixing of the counter, so that two keys share no run of numbers.
    """
    import torch

    start = first % _WORD
    x = torch.arange(start, start + like.numel(), dtype=torch.int64, device=like.device).to(torch.int32)
    x.bitwise_xor_(_signed((key ^ (first // _WORD)) % _WORD))
    for round, (shift, factor) in enumerate(_ROUNDS):
        x.bitwise_xor_((x >> shift).bitwise_and_((1 << (32 - shift)) - 1))
        x.mul_(_signed(factor))
        if round == 1:
            x.add_(_signed(key // _WORD))
    x.bitwise_xor_((x >> 15).bitwise_and_((1 << 17) - 1))
    return x.view(like.shape)


def uniform(key: int, first: int, like: Tensor) -> Tensor:
    """Uniform float32 numbers in 0..1, 1 not included, multiples of 2^-24."""
    import torch

    whole = bits(key, first, like).bitwise_and_((1 << 24) - 1)
    return whole.to(torch.float32).mul_(2.0**-24)


def keep(key: int, first: int, like: Tensor, probability: float | Tensor) -> Tensor:
    """A mask that is true with a probability, one number for all elements or one for each."""
    if not isinstance(probability, float | int):
        return uniform(key, first, like) < probability
    import torch

    if probability >= 1.0:
        return torch.ones_like(like, dtype=torch.bool)
    return bits(key, first, like) < _signed(round(max(0.0, probability) * _WORD) - _WORD // 2, wrap=False)


def _signed(word: int, wrap: bool = True) -> int:
    """A 32-bit word as the signed number of the same bits."""
    return word - _WORD if wrap and word >= _WORD // 2 else word

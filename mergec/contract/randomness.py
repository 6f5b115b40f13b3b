"""Random numbers with a key: each is a function of the key and the element's index, of nothing else.

So a mask does not depend on blocks, threads, devices, the order of tensors or on other tensors.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_WORD = 1 << 32

_COLUMNS = 1 << 12
"""The numbers stand in a table of this width. What is mixed of a row and of a column alone is mixed once for each."""

_FULL = ((16, 0x21F0AAAD), (15, 0x735A2D97), (15, 0x7FEB352D), (16, 0x846CA68B))
_LAST = ((0, 0x21F0AAAD), (15, 0x735A2D97))
"""Rounds of a mixing function on 32 bits: a shift to the right that is added bit by bit, an odd factor.

Source of the constants: C. Wellons, "Prospecting for Hash Functions", 2018.
"""


def stream_key(seed: int, method: str, tensor: str, source: str) -> int:
    """The key, 64 bits, of the numbers that one method draws for one input of one tensor."""
    text = "\0".join((str(seed), method, tensor, source))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def bits(key: int, first: int, like: Tensor) -> Tensor:
    """Uniform 32-bit numbers, as int32, for elements `first` and following; shape and device as `like`.

    Rows and columns are mixed by one function with an inverse, so that no two rows of the table are equal; what a row
    and a column make together is mixed once more. The numbers repeat after 2^44 elements.
    """
    import torch

    row, skipped = divmod(first, _COLUMNS)
    rows = -(-(skipped + like.numel()) // _COLUMNS)
    places = torch.arange(_COLUMNS + rows, dtype=torch.int32, device=like.device)
    places[_COLUMNS:].add_(_signed(row % _WORD))
    mixed = _mixed(places, key)
    table = mixed[_COLUMNS:, None] + mixed[:_COLUMNS]
    _mix(table, _LAST, torch.empty_like(table))
    return table.view(-1)[skipped : skipped + like.numel()].view(like.shape)


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

    bound = round(max(0.0, probability) * _WORD)
    if bound >= _WORD:
        return torch.ones_like(like, dtype=torch.bool)
    return bits(key, first, like) < bound - _WORD // 2


def _mixed(places: Tensor, key: int) -> Tensor:
    """The places mixed in place under a key."""
    import torch

    first, second = struct.unpack("<ii", hashlib.blake2b(str(key).encode(), digest_size=8).digest())
    spare = torch.empty_like(places)
    _mix(places.bitwise_xor_(first), _FULL[:2], spare)
    _mix(places.add_(second), _FULL[2:], spare)
    return places


def _mix(x: Tensor, rounds: tuple[tuple[int, int], ...], spare: Tensor) -> None:
    """Mix in place; `spare` is overwritten."""
    for shift, factor in rounds:
        _fold(x, shift, spare)
        x.mul_(_signed(factor))
    _fold(x, 15, spare)


def _fold(x: Tensor, shift: int, spare: Tensor) -> None:
    """Add the upper bits to the lower ones; torch's shift of an int32 drags the sign along, hence the mask."""
    import torch

    if shift:
        torch.bitwise_right_shift(x, shift, out=spare)
        x.bitwise_xor_(spare.bitwise_and_((1 << (32 - shift)) - 1))


def _signed(word: int) -> int:
    """A 32-bit word as the signed number of the same bits."""
    return word - _WORD if word >= _WORD // 2 else word

"""Random numbers with a key: each is a function of the key and the element's index, of nothing else.

So a mask does not depend on blocks, threads, devices, the order of tensors or on other tensors.
"""

from __future__ import annotations

import hashlib
import struct
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, device

_WORD = 1 << 32

_COLUMNS = 1 << 12
"""The numbers stand in a table of this width. What is mixed of a row and of a column alone is mixed once for each."""

_FULL = ((16, 0x21F0AAAD), (15, 0x735A2D97), (15, 0x7FEB352D), (16, 0x846CA68B))
_FIRST, _LAST = 0x21F0AAAD, ((15, 0x735A2D97),)
"""Rounds of a mixing function on 32 bits: a shift to the right that is added bit by bit, an odd factor. Of what a row
and a column make together, the first factor is multiplied into both.

Source of the constants: C. Wellons, "Prospecting for Hash Functions", 2018.
"""


def stream_key(seed: int, method: str, tensor: str, source: str) -> int:
    """The key, 64 bits, of the numbers that one method draws for one input of one tensor."""
    text = "\0".join((str(seed), method, tensor, source))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def bits(key: int, first: int, like: Tensor) -> Tensor:
    """Uniform 32-bit numbers, as int32, for elements `first` and following; shape and device as `like`."""
    return _words(key, first, like.numel(), like.device).view(like.shape)


def _words(key: int, first: int, count: int, on: device) -> Tensor:
    """The numbers of so many elements.

    Rows and columns are mixed by one function with an inverse, so that no two rows of the table are equal; what a row
    and a column make together is mixed once more. The numbers repeat after 2^44 elements.
    """
    import torch

    row, skipped = divmod(first, _COLUMNS)
    rows = -(-(skipped + count) // _COLUMNS)
    table = _rows(key, row, rows, on)[:, None] + _mixed(key, 0, on)
    _mix(table, _LAST, torch.empty_like(table))
    return table.view(-1)[skipped : skipped + count]


def _rows(key: int, first: int, count: int, on: device) -> Tensor:
    """What is mixed of so many rows, which are numbered after the columns."""
    import torch

    run, skipped = divmod(_COLUMNS + first, _COLUMNS)
    runs = range(run, (_COLUMNS + first + count) // _COLUMNS + 1)
    return torch.cat([_mixed(key, run, on) for run in runs])[skipped : skipped + count]


def _mixed(key: int, run: int, on: device) -> Tensor:
    """Numbers of rows, as many as there are columns, mixed; the first run are those of the columns.

    Kept, as all blocks of a tensor need the columns, and many have their rows in one run. Not on a GPU, where another
    worker's stream would not wait for them.
    """
    return _kept(key, run, on) if on.type == "cpu" else _made(key, run, on)


def _made(key: int, run: int, on: device) -> Tensor:
    import torch

    first, second = struct.unpack("<ii", hashlib.blake2b(str(key).encode(), digest_size=8).digest())
    places = torch.arange(_COLUMNS, dtype=torch.int32, device=on).add_(_signed(run * _COLUMNS % _WORD))
    spare = torch.empty_like(places)
    _mix(places.bitwise_xor_(first), _FULL[:2], spare)
    _mix(places.add_(second), _FULL[2:], spare)
    return places.mul_(_signed(_FIRST))


_kept = lru_cache(maxsize=16)(_made)
"""Few of them: each lies between blocks that come and go, and the C library cannot use the memory around it."""


def halves(key: int, first: int, like: Tensor) -> Tensor:
    """Uniform 16-bit numbers, as int16, for elements `first` and following; shape and device as `like`.

    Two for each of `bits`, the lower half first, so that they are to be had at half the price.
    """
    import torch

    skipped = first % 2
    words = _words(key, first // 2, -(-(skipped + like.numel()) // 2), like.device)
    return words.view(torch.int16)[skipped : skipped + like.numel()].view(like.shape)


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


def _mix(x: Tensor, rounds: tuple[tuple[int, int], ...], spare: Tensor) -> None:
    """Mix in place; `spare` is overwritten."""
    for shift, factor in rounds:
        _fold(x, shift, spare)
        x.mul_(_signed(factor))
    _fold(x, 15, spare)


def _fold(x: Tensor, shift: int, spare: Tensor) -> None:
    """Add the upper bits to the lower ones; torch's shift of an int32 drags the sign along, hence the mask."""
    import torch

    torch.bitwise_right_shift(x, shift, out=spare)
    x.bitwise_xor_(spare.bitwise_and_((1 << (32 - shift)) - 1))


def _signed(word: int) -> int:
    """A 32-bit word as the signed number of the same bits."""
    return word - _WORD if word >= _WORD // 2 else word

"""The k largest of a tensor, or of a whole model, without sorting.

Absolute values in float32 are ordered as their 31 bits are. One pass counts the upper 16 of them, a second one the
lower 15 among those whose upper ones are those of the wanted rank: then the value at that rank is known exactly.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mergec.api import Block, Measure
from mergec_methods.masks import above, bounds

if TYPE_CHECKING:
    from torch import Tensor

LOWER_BITS = 15
FINE = 1 << LOWER_BITS

GROUP = 8
"""So many elements are looked at together, whether one of them is to be counted: hardly any are."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Which elements are among the k largest: those above `bits`, and a share of those equal to it.

    That share is spread evenly over the tensor; it makes up for as many equal ones as k has room for.
    """

    bits: int
    share: float

    @property
    def empty(self) -> bool:
        return self.bits > 0x7FFFFFFF

    @property
    def value(self) -> float:
        """The number at the rank."""
        return float(struct.unpack("<f", struct.pack("<I", self.bits))[0])

    def mask(self, values: Tensor, first: int) -> Tensor:
        """Keeps the elements that belong to them; `first` is the index of the first one.

        `values` are magnitudes; the mask is made in their memory.
        """
        if self.share >= 1.0:
            return above(values, self.bits - 1)
        return above(values, bounds(first, values, self.bits, self.share))


NOTHING = Cut(1 << 31, 1.0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rank lies: the upper bits of the value, and the rank among the values that share them."""

    upper: int
    rank: int


Values = Callable[[Block, int], "Tensor | None"]
"""The magnitudes to be ranked, of one input; None if there is nothing to rank."""

Ranks = Callable[[Block, int, int], tuple[int, ...]]
"""Which ranks to find of an input, the largest is 1, and 0 finds nothing; told how many of its values are not zero."""

Counts = list["Tensor | None"]


def ranking(values: Values, ranks: Ranks, count: int | None = None, at: int = 0) -> tuple[Measure, Measure]:
    """Two measures; the second settles to cuts, by input and rank.

    count: how many inputs there are to rank, all of them unless told otherwise. at: how many measures stand before.
    """

    def coarse(block: Block) -> Counts:
        return [upper_counts(values(block, i)) for i in range(count or len(block.inputs))]

    def place(counts: Counts, block: Block) -> tuple[tuple[Place, ...], ...]:
        return tuple(
            () if c is None else tuple(placed(c, rank) for rank in ranks(block, i, int(c[1:].sum())))
            for i, c in enumerate(counts)
        )

    def fine(block: Block) -> list[Counts]:
        return [lower_counts(values(block, i), places) for i, places in enumerate(block.measured[at])]

    def settle(counts: list[Counts], block: Block) -> tuple[tuple[Cut, ...], ...]:
        return tuple(
            tuple(cut(c, place) for c, place in zip(found, places, strict=True))
            for found, places in zip(counts, block.measured[at], strict=True)
        )

    return Measure(coarse, added, place), Measure(fine, _all_added, settle)


def upper_counts(values: Tensor | None) -> Tensor | None:
    """How many values have each of the upper 16 bits, up to the largest that occur; changes the values."""
    import torch

    return None if values is None else torch.bincount(values.view(-1).bitwise_right_shift_(LOWER_BITS))


def lower_counts(values: Tensor | None, places: Sequence[Place]) -> Counts:
    """How many values have each of the lower 15 bits, of those with the upper bits of a place; None for no place.

    Changes the values: with the upper bits of the place turned round, those to be counted are the small ones.
    """
    counts: Counts = []
    turned = 0
    for place in places:
        if values is None or not place.rank:
            counts.append(None)
            continue
        values.bitwise_xor_((place.upper ^ turned) * FINE)
        turned = place.upper
        counts.append(_counts_below(values.view(-1)))
    return counts


def _counts_below(values: Tensor) -> Tensor:
    """How often each whole number from 0 to `FINE`, not included, occurs.

    Counting is dear, and dearest where most are counted as one number, those that are too large. So all groups without
    a small number are left out.
    """
    import torch

    if len(values) % GROUP == 0:
        groups = values.view(GROUP, -1)
        some = groups.amin(0).sub_(FINE).clamp_max_(0).nonzero()
        values = groups.t()[some.view(-1)].view(-1)
    return torch.bincount(values.clamp_max(FINE), minlength=FINE + 1)[:FINE]


def placed(counts: Tensor, rank: int) -> Place:
    """Where the value of a rank lies, given how often each value, or each of the upper bits, occurs."""
    if not rank:
        return Place(len(counts), 0)
    import torch

    from_largest = counts.flip(0).cumsum(0)
    index = int(torch.searchsorted(from_largest, rank))
    larger = int(from_largest[index - 1]) if index else 0
    return Place(len(counts) - 1 - index, rank - larger)


def cut(counts: Tensor | None, place: Place) -> Cut:
    """What separates the elements down to a rank from the others."""
    if counts is None:
        return NOTHING
    found = placed(counts, place.rank)
    return Cut(place.upper * FINE + found.upper, found.rank / int(counts[found.upper]))


def added(one: Counts, other: Counts) -> Counts:
    """Two counts as one, in their memory."""
    return [None if a is None or b is None else _sum(a, b) for a, b in zip(one, other, strict=True)]


def _sum(one: Tensor, other: Tensor) -> Tensor:
    """Of two counts of numbers from 0 up, which need not go up to the same one."""
    long, short = (one, other) if len(one) >= len(other) else (other, one)
    long[: len(short)].add_(short)
    return long


def _all_added(one: list[Counts], other: list[Counts]) -> list[Counts]:
    return [added(a, b) for a, b in zip(one, other, strict=True)]

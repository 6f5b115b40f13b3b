"""The k largest of a tensor, or of a whole model, without sorting.

Absolute values in float32 are ordered as their 31 bits are. One pass counts the upper 15 of them, a second one the
lower 16 among those whose upper ones are those of the wanted rank: then the value at that rank is known exactly.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mergec.api import Block, Measure
from mergec_methods.masks import above, spread

if TYPE_CHECKING:
    from torch import Tensor

COARSE = 1 << 15
FINE = 1 << 16


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
        """Keeps the elements that belong to them; `values` are magnitudes, `first` the index of the first one."""
        if self.share >= 1.0:
            return above(values, self.bits - 1)
        return above(values, spread(first, values, self.share).add_(self.bits))


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
    """How many values have each of the upper 15 bits."""
    import torch

    return None if values is None else torch.bincount(values.view(-1).bitwise_right_shift_(16), minlength=COARSE)


def lower_counts(values: Tensor | None, places: Sequence[Place]) -> Counts:
    """How many values have each of the lower 16 bits, of those with the upper bits of a place; None for no place.

    Values between the places are counted too, all those between two of them as one, which is cheaper than to leave them
    out.
    """
    import torch

    uppers = sorted({place.upper for place in places if place.rank})
    if values is None or not uppers:
        return [None for _ in places]
    position, *others = ((values - (upper * FINE - 1)).clamp_(0, FINE + 1) for upper in uppers)
    for other in others:
        position.add_(other)
    counts = torch.bincount(position.view(-1), minlength=(FINE + 1) * len(uppers) + 1)
    starts = {upper: (FINE + 1) * k + 1 for k, upper in enumerate(uppers)}
    return [counts[starts[p.upper] :][:FINE].clone() if p.rank else None for p in places]


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
    """Two counts as one, in the memory of the first."""
    return [None if a is None or b is None else a.add_(b) for a, b in zip(one, other, strict=True)]


def _all_added(one: list[Counts], other: list[Counts]) -> list[Counts]:
    return [added(a, b) for a, b in zip(one, other, strict=True)]

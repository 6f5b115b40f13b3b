"""SCE: select the elements that vary most, calculate weights from their energy, erase what disagrees in sign."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from mergec.api import Base, Block, Elementwise, Inputs, Measure, Method, Param, Situation
from mergec_methods.masks import masked, to_magnitudes, turned
from mergec_methods.ranking import Cut, ranking
from mergec_methods.task import along, elected, sum_in_place, sum_of

if TYPE_CHECKING:
    from torch import Tensor

SMALLEST_ENERGY = 1e-6
"""Below this sum of mean squares all inputs weigh the same; so it is with most fine-tunes. (mergekit's threshold)"""

SMALLEST_SHARE = 1e-6


def variance(block: Block) -> Tensor:
    """Of each element over the inputs. Differences from the first input do not lose what they have in common.

    Of two inputs the difference, which has the same order and costs less.
    """
    import torch

    count = len(block.inputs)
    if count == 2:
        return block.inputs[1] - block.inputs[0]
    mean = torch.zeros_like(block.inputs[0])
    square = torch.zeros_like(mean)
    for value in block.inputs[1:]:
        apart = value - block.inputs[0]
        mean.add_(apart, alpha=1.0 / count)
        square.addcmul_(apart, apart, value=1.0 / count)
    return square.addcmul_(mean, mean, value=-1.0)


def spreads(block: Block, i: int) -> Tensor:
    """What is ranked: the variances of all inputs together."""
    return to_magnitudes(variance(block))


def ranks(block: Block, i: int, nonzero: int) -> tuple[int, ...]:
    """The share of those elements that vary at all."""
    return (int(block.arguments.number("select_topk") * nonzero),)


def selected(block: Block) -> list[Tensor]:
    """The deltas, 0 where the inputs vary too little."""
    deltas = [block.delta(i) for i in range(len(block.inputs))]
    if len(block.measured) < 2:
        return deltas
    cut: Cut = block.measured[1][0][0]
    mask = cut.mask(spreads(block, 0), block.first)
    return [masked(delta, mask) for delta in deltas]


def energies(block: Block) -> list[float]:
    """Sums of squares, one per input."""
    return [float(delta.view(-1).dot(delta.view(-1))) for delta in selected(block)]


def added(one: list[float], other: list[float]) -> list[float]:
    """Two sums as one."""
    return [a + b for a, b in zip(one, other, strict=True)]


def weights(sums: list[float], block: Block) -> tuple[float, ...]:
    """Shares of the inputs in the energy, or equal ones."""
    total = sum(sums)
    if total / max(1, prod(block.shape)) < SMALLEST_ENERGY:
        return (1.0 / len(sums),) * len(sums)
    return tuple(energy / total for energy in sums)


def merged(block: Block) -> Tensor:
    """The base and the weighted average of the deltas that agree with the elected sign."""
    shares: tuple[float, ...] = block.measured[-1]
    if len({*shares}) == 1:
        shares = (1.0,) * len(shares)
    deltas = selected(block)
    signs = elected(deltas)
    agreeing = along(deltas, signs)
    total = turned(sum_of(agreeing, shares), signs)
    share = sum_in_place([delta.sign_() for delta in agreeing], shares)
    assert block.base is not None
    return total.div_(share.clamp_min_(SMALLEST_SHARE)).add_(block.base)


ENERGY = Measure(energies, added, weights)


def choose(situation: Situation) -> Elementwise:
    """Without a selection, one pass is enough to measure."""
    selects = situation.arguments.number("select_topk") < 1.0
    measures = (*ranking(spreads, ranks, count=1), ENERGY) if selects else (ENERGY,)
    return Elementwise(merged, measures, workspace=situation.count + 6.0)


SCE = Method(
    name="sce",
    summary="Select the elements in which the inputs differ most, weigh the inputs by their energy, elect signs.",
    pattern=Elementwise(merged, (ENERGY,)),
    inputs=Inputs(1),
    params=(
        Param(
            "select_topk",
            "Share of the elements to select, of those that vary between the inputs; 1 takes all.",
            default=1.0,
            low=0.0,
            usual=(0.0, 1.0),
        ),
    ),
    base=Base.SEPARATE,
    idempotent=True,
    symmetric=True,
    choose=choose,
    shade="select_topk",
    source='Wan et al., "FuseChat", 2024, arXiv 2408.07990',
)

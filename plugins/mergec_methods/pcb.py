"""PCB-Merging: weigh each element of each delta by its size and by its accord with the other deltas."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement
from math import prod
from typing import TYPE_CHECKING

from mergec.api import Base, Block, Elementwise, Inputs, Measure, Method, Situation
from mergec_methods.masks import magnitudes, masked, to_magnitudes
from mergec_methods.ranking import Cut, ranking
from mergec_methods.task import DENSITY, LAMBDA
from mergec_methods.weights import WEIGHT

if TYPE_CHECKING:
    from torch import Tensor

Pairs = dict[tuple[int, int], tuple[float, float]]


def pairs(count: int) -> list[tuple[int, int]]:
    """All pairs of inputs, each with itself too."""
    return list(combinations_with_replacement(range(count), 2))


def product(block: Block, pair: tuple[int, int]) -> Tensor:
    """Of two deltas."""
    return block.delta(pair[0]).mul_(block.delta(pair[1]))


def extremes(block: Block) -> Pairs:
    """The smallest and the largest product of each pair of deltas."""
    found = {}
    for pair in pairs(len(block.inputs)):
        low, high = product(block, pair).aminmax()
        found[pair] = (float(low), float(high))
    return found


def widest(one: Pairs, other: Pairs) -> Pairs:
    """Two amounts as one."""
    return {pair: (min(low, other[pair][0]), max(high, other[pair][1])) for pair, (low, high) in one.items()}


def exponential(block: Block, pair: tuple[int, int], factor: float) -> Tensor:
    """e to the factor times the product, brought to 0..1 over the tensor."""
    low, high = block.measured[0][pair]
    return product(block, pair).sub_(low).mul_(factor / (high - low) if high > low else 0.0).exp_()


def totals(block: Block) -> Pairs:
    """Sums of the exponentials, with the factors 1 and the number of inputs: what a softmax divides by."""
    count = len(block.inputs)
    return {
        (i, j): (
            float(exponential(block, (i, j), 1.0).double().sum()),
            float(exponential(block, (i, j), float(count)).double().sum()) if i == j else 0.0,
        )
        for i, j in pairs(count)
    }


def summed(one: Pairs, other: Pairs) -> Pairs:
    """Two amounts as one."""
    return {pair: (a + other[pair][0], b + other[pair][1]) for pair, (a, b) in one.items()}


def means(sums: Pairs, block: Block) -> Pairs:
    """Sums over the number of elements, so that a balance is about 1 whatever that number is."""
    elements = prod(block.shape)
    return {pair: (a / elements, b / elements) for pair, (a, b) in sums.items()}


def balance(block: Block, i: int) -> Tensor:
    """How much an input counts at each element: its size among its own, times its accord with all inputs.

    Source: Du et al., arXiv 2410.02396, intra-balancing and inter-balancing.
    """
    import torch

    count = len(block.inputs)
    accord = torch.zeros_like(block.inputs[i])
    for j in range(count):
        pair = (min(i, j), max(i, j))
        accord.add_(exponential(block, pair, 1.0), alpha=1.0 / block.measured[1][pair][0])
    return accord.mul_(exponential(block, (i, i), float(count))).div_(block.measured[1][i, i][1])


def sizes(block: Block, i: int) -> Tensor | None:
    """The balances as they are ranked, if any are to be dropped."""
    return to_magnitudes(balance(block, i)) if block.arguments.numbers("density")[i] < 1.0 else None


def ranks(block: Block, i: int, nonzero: int) -> tuple[int, ...]:
    """How many elements to keep."""
    elements = prod(block.shape)
    return (min(elements, max(1, int(block.arguments.numbers("density")[i] * elements))),)


def kept_balance(block: Block, i: int) -> Tensor:
    """The balance, 0 where it is too small."""
    found = balance(block, i)
    if block.arguments.numbers("density")[i] >= 1.0:
        return found
    cut: Cut = block.measured[3][i][0]
    return masked(found, cut.mask(magnitudes(found), block.first))


def balanced(block: Block) -> Tensor:
    """The base and the average of the weighted deltas by their balances."""
    import torch

    factor = block.arguments.number("lambda")
    total, share = (torch.zeros_like(block.inputs[0]) for _ in range(2))
    for i, weight in enumerate(block.arguments.numbers("weight")):
        own = kept_balance(block, i)
        total.addcmul_(own, block.delta(i), value=weight * factor)
        share.add_(own)
    assert block.base is not None
    return total.div_(share.clamp_min_(1e-12)).add_(block.base)


MEASURES = (Measure(extremes, widest), Measure(totals, summed, means))


def choose(situation: Situation) -> Elementwise:
    """Without anything to drop, nothing is ranked."""
    drops = min(situation.arguments.numbers("density")) < 1.0
    measures = (*MEASURES, *ranking(sizes, ranks, at=2)) if drops else MEASURES
    return Elementwise(balanced, measures)


PCB = Method(
    name="pcb",
    summary="Average the deltas element by element, weighed by how large and how much in accord each is.",
    pattern=Elementwise(balanced, MEASURES),
    inputs=Inputs(2),
    params=(WEIGHT, replace(DENSITY, default=0.2), LAMBDA),
    base=Base.SEPARATE,
    idempotent=True,
    symmetric=True,
    choose=choose,
    shade="density",
    source='Du et al., "Parameter Competition Balancing for Model Merging", NeurIPS 2024, arXiv 2410.02396',
)

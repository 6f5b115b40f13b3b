"""RAM: average what several inputs changed, keep in full what one of them changed alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergec.api import Base, Block, Elementwise, Inputs, Measure, Method, Param

if TYPE_CHECKING:
    from torch import Tensor

EPSILON = Param("epsilon", "A change that is not larger than this counts as none.", default=1e-5, low=0.0)


def changes(block: Block) -> tuple[list[Tensor], Tensor]:
    """The deltas without their small elements, and by how many inputs each element was changed."""
    import torch

    epsilon = block.arguments.number("epsilon")
    deltas = [torch.nn.functional.hardshrink(block.delta(i), epsilon) for i in range(len(block.inputs))]
    count = torch.zeros_like(deltas[0])
    for delta in deltas:
        count.add_(delta.abs().sign_())
    return deltas, count


def averaged(block: Block) -> Tensor:
    """The base and the changes, each over the number of inputs that made one."""
    deltas, count = changes(block)
    total = deltas[0]
    for delta in deltas[1:]:
        total.add_(delta)
    assert block.base is not None
    return total.div_(count.clamp_min_(1.0)).add_(block.base)


def overlaps(block: Block) -> list[tuple[float, float]]:
    """For each input, how many elements it changed alone, and how many together with others."""
    deltas, count = changes(block)
    joint = count.sub_(1.0).clamp_(0.0, 1.0)
    pairs = []
    for delta in deltas:
        own = delta.abs_().sign_()
        together = float(own.view(-1).dot(joint.view(-1)))
        pairs.append((float(own.sum()) - together, together))
    return pairs


def added(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Two counts as one."""
    return [(a + c, b + d) for (a, b), (c, d) in zip(one, other, strict=True)]


def boosts(pairs: list[tuple[float, float]], block: Block) -> tuple[float, ...]:
    """For each input, the factor of what it changed alone: the more it shares with others, the larger."""
    r, alpha, epsilon = (block.arguments.number(name) for name in ("r", "alpha", "epsilon"))
    ratios = (joint / max(alone, epsilon) if alone else 0.0 for alone, joint in pairs)
    return tuple(1.0 + r * min(max(ratio, 0.0), alpha) for ratio in ratios)


def boosted(block: Block) -> Tensor:
    """As `averaged`, but what one input changed alone times its factor."""
    import torch

    deltas, count = changes(block)
    alone = (count - 1.0).abs_().clamp_max_(1.0).neg_().add_(1.0)
    own = torch.zeros_like(count)
    total = torch.zeros_like(count)
    for delta, boost in zip(deltas, block.measured[0], strict=True):
        own.add_(delta, alpha=boost - 1.0)
        total.add_(delta)
    assert block.base is not None
    return total.div_(count.clamp_min_(1.0)).add_(own.mul_(alone)).add_(block.base)


SOURCE = 'Yuan et al., "Behavior Knowledge Merge in Reinforced Agentic Models", 2026, arXiv 2601.13572'

RAM = Method(
    name="ram",
    summary="Average the changes that several inputs made, and take those of one input in full.",
    pattern=Elementwise(averaged),
    inputs=Inputs(1),
    params=(EPSILON,),
    base=Base.SEPARATE,
    idempotent=True,
    symmetric=True,
    shade="epsilon",
    source=SOURCE,
)

RAMPLUS_TL = Method(
    name="ramplus_tl",
    summary="As ram, with the changes of one input alone enlarged by how much it shares with others.",
    pattern=Elementwise(boosted, (Measure(overlaps, added, boosts),)),
    inputs=Inputs(1),
    params=(
        EPSILON,
        Param("r", "How much to enlarge for each unit of the ratio of shared to unshared changes.", default=0.1),
        Param("alpha", "The largest ratio that counts.", default=0.2, low=0.0),
    ),
    base=Base.SEPARATE,
    idempotent=True,
    symmetric=True,
    shade="r",
    source=SOURCE,
)

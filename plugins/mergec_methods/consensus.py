"""Consensus merging: keep of the summed deltas what matters to several inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergec.api import Base, Block, Elementwise, Inputs, Method, MethodError, Param, ParamKind, Scope, Situation
from mergec_methods.task import LAMBDA

if TYPE_CHECKING:
    from torch import Tensor


def agreed_sum(block: Block) -> Tensor:
    """The base and the sum of the weighted deltas, where at least `votes` inputs find it like their own.

    An input finds an element like its own if its own weighted delta is at least `threshold` times as large as the rest
    of the sum. Source: Wang et al., arXiv 2405.07813, TALL masks and consensus merging.
    """
    arguments = block.arguments
    weights, thresholds = arguments.numbers("weight"), arguments.numbers("threshold")
    parts = [block.delta(i).mul_(weight) for i, weight in enumerate(weights)]
    total = parts[0].clone()
    for part in parts[1:]:
        total.add_(part)
    lead = _votes(total, parts, thresholds).sub_(2.0 * arguments.number("votes") - len(parts))
    kept = _at_least_zero(lead).add_(1.0).mul_(0.5 * arguments.number("lambda"))
    assert block.base is not None
    return total.mul_(kept).add_(block.base)


def _votes(total: Tensor, parts: list[Tensor], thresholds: tuple[float, ...]) -> Tensor:
    """Inputs for it less those against it. The parts are changed."""
    import torch

    votes = torch.zeros_like(total)
    for part, threshold in zip(parts, thresholds, strict=True):
        rest = (total - part).abs_()
        votes.add_(_at_least_zero(part.abs_().sub_(rest, alpha=threshold)))
    return votes


def _at_least_zero(values: Tensor) -> Tensor:
    """1 where a value is 0 or more, else -1; in the memory of the values."""
    return values.sign_().add_(0.5).sign_()


def choose(situation: Situation) -> Elementwise:
    """Raises MethodError if there are fewer inputs than votes."""
    votes = situation.arguments.number("votes")
    if votes > situation.count:
        raise MethodError(f"{votes:g} votes of {situation.count} input(s) would keep nothing", "votes")
    return Elementwise(agreed_sum, workspace=situation.count + 4.0)


CONSENSUS = Method(
    name="consensus",
    summary="Add the sum of the deltas to the base, but only elements that matter to several inputs.",
    pattern=Elementwise(agreed_sum),
    inputs=Inputs(2),
    params=(
        Param("weight", "Factor of this input's delta.", scope=Scope.PER_INPUT, default=1.0),
        Param(
            "threshold",
            "How large an input's delta is at the least, relative to the rest of the sum, where the sum matters to it.",
            scope=Scope.PER_INPUT,
            default=0.4,
            low=0.0,
        ),
        Param("votes", "To how many inputs an element matters at the least.", ParamKind.INTEGER, default=2, low=0),
        LAMBDA,
    ),
    base=Base.SEPARATE,
    idempotent=True,
    symmetric=True,
    choose=choose,
    shade="threshold",
    source='Wang et al., "Localizing Task Information for Improved Model Merging", ICML 2024, arXiv 2405.07813',
)

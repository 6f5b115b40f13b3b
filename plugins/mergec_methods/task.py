"""What the methods on deltas share: parameters, the weighted sum, the election of signs, the rescaling of deltas.

A method of this family thins out each delta in its own way, and then adds the deltas to the base.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mergec.api import (
    Arguments,
    Base,
    Block,
    Elementwise,
    Inputs,
    Measure,
    Method,
    Param,
    ParamKind,
    Rows,
    Scope,
    Situation,
)
from mergec_methods.masks import sign_bits, turned
from mergec_methods.weights import normalized

if TYPE_CHECKING:
    from torch import Tensor

Pattern = Elementwise | Rows

DENSITY = Param(
    "density",
    "Share of the delta's elements to keep; 1 keeps all. To leave an input out, give it the weight 0.",
    scope=Scope.PER_INPUT,
    default=1.0,
    above=0.0,
    high=1.0,
    usual=(0.0, 1.0),
)
LAMBDA = Param("lambda", "Factor of the summed deltas.", default=1.0)


def normalize_param(default: bool) -> Param:
    """The parameter of that name."""
    return Param(
        "normalize",
        "Divide by the sum of the weights; where signs are elected, of those that agree.",
        kind=ParamKind.FLAG,
        default=default,
    )


def rescale_param(default: bool) -> Param:
    """The parameter of that name."""
    return Param(
        "rescale",
        "Bring each thinned delta back to the sum of absolute values that it had.",
        kind=ParamKind.FLAG,
        default=default,
    )


@dataclass(frozen=True, slots=True)
class Thinning:
    """How a method drops elements of a delta.

    thin: an input's delta with 0 for what is dropped, given the delta or its absolute values, in the memory of these;
    called only if the density is below 1.
    measures: what it needs to know of the tensor. surveys: what it needs to know of all tensors.
    rows: blocks are whole rows.
    """

    thin: Callable[[Block, int, Tensor], Tensor]
    measures: tuple[Measure, ...] = ()
    surveys: tuple[Measure, ...] = ()
    rows: bool = False


def task_method(
    name: str,
    summary: str,
    thinning: Thinning,
    params: tuple[Param, ...],
    source: str,
    *,
    agree: bool = False,
    random: bool = False,
    check: Callable[[Arguments], None] = lambda arguments: None,
) -> Method:
    """A method that thins out the deltas and adds them to the base.

    agree: only what agrees with the elected sign is added. check: raises MethodError for parameters it cannot use.
    """

    def choose(situation: Situation) -> Pattern:
        check(situation.arguments)
        return _pattern(thinning, agree, situation)

    kind = Rows if thinning.rows else Elementwise
    return Method(
        name=name,
        summary=summary,
        pattern=kind(partial(_merged, thinning, agree, False), thinning.measures, thinning.surveys),
        inputs=Inputs(1),
        params=params,
        base=Base.SEPARATE,
        idempotent=True,
        symmetric=True,
        random=random,
        choose=choose,
        shade="density",
        source=source,
    )


def _pattern(thinning: Thinning, agree: bool, situation: Situation) -> Pattern:
    """The passes that a tensor needs, and no more."""
    arguments = situation.arguments
    if not agree and arguments.flag("normalize") and any(arguments.numbers("weight")):
        normalized(arguments.numbers("weight"))
    thinned = any(density < 1.0 for density in arguments.numbers("density"))
    measures = thinning.measures if thinned else ()
    rescaled = thinned and arguments.flag("rescale")
    if rescaled:
        measures += (Measure(partial(_lengths, thinning), _both_added, _scales),)
    apply = partial(_merged, thinning, agree, rescaled)
    kind = Rows if thinned and thinning.rows else Elementwise
    return kind(apply, measures, thinning.surveys, situation.count + 5.0)


def _thinned(thinning: Thinning, block: Block, i: int) -> Tensor:
    delta = block.delta(i)
    return thinning.thin(block, i, delta) if block.arguments.numbers("density")[i] < 1.0 else delta


def _lengths(thinning: Thinning, block: Block) -> list[tuple[float, float]]:
    """Sums of absolute values of each delta, before and after."""
    return [_length_pair(thinning, block, i) for i in range(len(block.inputs))]


def _length_pair(thinning: Thinning, block: Block, i: int) -> tuple[float, float]:
    if block.arguments.numbers("density")[i] >= 1.0:
        return (0.0, 0.0)
    size = block.delta(i).abs_()
    before = float(size.sum())
    return (before, float(thinning.thin(block, i, size).sum()))


def _both_added(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(a + c, b + d) for (a, b), (c, d) in zip(one, other, strict=True)]


def _scales(lengths: list[tuple[float, float]], block: Block) -> tuple[float, ...]:
    """Factors that restore the sums; none where there is next to nothing to be scaled."""
    return tuple(before / after if min(before, after) >= 1e-7 else 1.0 for before, after in lengths)


def _merged(thinning: Thinning, agree: bool, rescaled: bool, block: Block) -> Tensor:
    """The base and the sum of the thinned, weighted deltas."""
    import torch

    weights = block.arguments.numbers("weight")
    scales = block.measured[-1] if rescaled else (1.0,) * len(weights)
    normalize, factor = block.arguments.flag("normalize"), block.arguments.number("lambda")
    factors = tuple(weight * scale for weight, scale in zip(weights, scales, strict=True))
    assert block.base is not None
    if agree:
        if len({*factors}) == len({*weights}) == 1 and factors[0] > 0:
            # Common factors change no sign and cost less where all is added up.
            factor *= scales[0] if normalize else factors[0]
            weights = factors = (1.0,) * len(weights)
        parts = [_thinned(thinning, block, i) for i in range(len(weights))]
        parts = [part if f == 1.0 else part.mul_(f) for part, f in zip(parts, factors, strict=True)]
        total = agreed(parts, weights if normalize else None)
        return torch.add(block.base, total, alpha=factor, out=total)
    if normalize and any(weights):
        factor /= sum(weights)
    deltas = (partial(_thinned, thinning, block, i) for i in range(len(factors)))
    return summed(block, deltas, [f * factor for f in factors])


def summed(block: Block, deltas: Iterable[Callable[[], Tensor]], factors: list[float]) -> Tensor:
    """The base and the sum of factor times delta."""
    assert block.base is not None
    total = block.base.clone()
    for delta, factor in zip(deltas, factors, strict=True):
        total.add_(delta(), alpha=factor)
    return total


def agreed(parts: list[Tensor], weights: tuple[float, ...] | None) -> Tensor:
    """The sum, at each element, of the parts whose sign is that of the sum of all; a sum of zero counts as positive.

    With weights, divided by the sum of the weights of those parts. The parts are changed.
    Source: Yadav et al., "TIES-Merging", NeurIPS 2023, arXiv 2306.01708, section 3, "elect" and "merge".
    """
    signs = elected(parts)
    agreeing = along(parts, signs)
    total = turned(sum_of(agreeing), signs)
    if weights is None:
        return total
    share = sum_in_place([part.sign_() for part in agreeing], weights)
    return total.div_(_divisor(share, weights))


def elected(parts: list[Tensor]) -> Tensor:
    """The sign of the sum of all parts, that of zero being positive, for `turned`."""
    return sign_bits(sum_of(parts))


def along(parts: list[Tensor], signs: Tensor) -> list[Tensor]:
    """The absolute values of the parts that have these signs, 0 for the others; in the memory of the parts."""
    return [turned(part, signs).clamp_min_(0.0) for part in parts]


def sum_of(parts: list[Tensor], weights: tuple[float, ...] = ()) -> Tensor:
    """The parts, by their weights if there are any; a new tensor."""
    weights = weights or (1.0,) * len(parts)
    if len(parts) == 1 or weights[0] != 1.0:
        return _added(parts[0] * weights[0], parts[1:], weights[1:])
    return _added(parts[0].add(parts[1], alpha=weights[1]), parts[2:], weights[2:])


def sum_in_place(parts: list[Tensor], weights: tuple[float, ...]) -> Tensor:
    """The same in the memory of the first part."""
    return _added(parts[0] if weights[0] == 1.0 else parts[0].mul_(weights[0]), parts[1:], weights[1:])


def _added(total: Tensor, parts: list[Tensor], weights: tuple[float, ...]) -> Tensor:
    for part, weight in zip(parts, weights, strict=True):
        total.add_(part, alpha=weight)
    return total


def _divisor(share: Tensor, weights: tuple[float, ...]) -> Tensor:
    """The summed weights, with 1 for a sum of zero."""
    if min(weights) > 0:
        return share.clamp_min_(0.5 * min(weights))
    return share.add_(share == 0)

"""Strategies for hypothesis: parameters, tensors, blocks and Gram matrices such as a method is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf, prod
from typing import Any

import torch
from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from torch import Tensor

from mergec.contract.method import (
    Arguments,
    Base,
    Blend,
    Block,
    Gram,
    Measure,
    Method,
    MethodError,
    Pattern,
    Rows,
    Situation,
    Whole,
)
from mergec.core.params import Param, ParamKind, Scope, Value

_WIDEST = 10.0
"""Numbers without bounds are drawn from -10 to 10."""

_SPECIAL = (0.0, -0.0, 1.0, -1.0, 6e-8, -65504.0)


def values(param: Param) -> SearchStrategy[Value | None]:
    """Values that a recipe can give to a parameter: within its bounds, or not given where it need not be."""
    given: SearchStrategy[Value]
    if param.kind is ParamKind.FLAG:
        given = st.booleans()
    elif param.kind is ParamKind.TEXT:
        given = st.sampled_from(param.choices) if param.choices else st.text(max_size=8)
    elif param.kind is ParamKind.INTEGER:
        low, high = _bounds(param)
        given = st.integers(round(low), round(high)).filter(param.holds)
    else:
        given = st.floats(*_bounds(param), allow_subnormal=False).filter(param.holds)
    return given if param.required else st.one_of(st.just(param.default), given)


def _bounds(param: Param) -> tuple[float, float]:
    """The bounds, or those of what is usual, or ten beyond the one that there is."""
    low = max((b for b in (param.low, param.above) if b is not None), default=-inf)
    high = min((b for b in (param.high, param.below) if b is not None), default=inf)
    if param.usual is not None:
        low, high = max(low, param.usual[0]), min(high, param.usual[1])
    if low == -inf and high == inf:
        return -_WIDEST, _WIDEST
    return (high - _WIDEST if low == -inf else low), (low + _WIDEST if high == inf else high)


@st.composite
def arguments(draw: DrawFn, method: Method, count: int) -> Arguments:
    """Values of all parameters of a method for `count` inputs."""
    shared, per_input = [], []
    for param in method.params:
        if param.scope is Scope.SHARED:
            shared.append((param.name, draw(values(param))))
        else:
            per_input.append((param.name, tuple(draw(values(param)) for _ in range(count))))
    return Arguments(tuple(shared), tuple(per_input))


def shapes(ranks: Sequence[int] = (0, 1, 2, 3), most: int = 12) -> SearchStrategy[tuple[int, ...]]:
    """Shapes of these numbers of dimensions, each of 1 to `most`."""
    return st.sampled_from(ranks).flatmap(lambda rank: st.tuples(*[st.integers(1, most)] * rank))


@st.composite
def tensors(draw: DrawFn, shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Tensor:
    """Normal numbers, some of them replaced by zeros of both signs, by equal, tiny and large ones."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32 - 1)))
    found = torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)
    places = st.integers(0, max(0, prod(shape) - 1))
    for place, value in draw(st.lists(st.tuples(places, st.sampled_from(_SPECIAL)), max_size=3)):
        if found.numel():
            found.view(-1)[place] = value
    return found


@st.composite
def grams(draw: DrawFn, count: int) -> Gram:
    """Inner products of `count` vectors, which may be parallel or zero."""
    vectors = draw(tensors((count, draw(st.integers(1, 4))), torch.float64))
    products = (vectors @ vectors.T).tolist()
    return Gram(tuple(tuple(row) for row in products))


@st.composite
def blocks(draw: DrawFn, method: Method, dtype: torch.dtype = torch.float32) -> Block:
    """A whole tensor as one block, in the shape that the method's pattern promises, with what it has measured.

    For methods that are not blends. Parameters that the method refuses are not drawn.
    """
    least, most = method.inputs.least, method.inputs.most
    count = draw(st.integers(least, least + 2 if most is None else min(most, least + 2)))
    has_base = method.base is Base.SEPARATE or (method.base is Base.OPTIONAL and draw(st.booleans()))
    ranks = method.suits.ranks if method.suits is not None and method.suits.ranks else (0, 1, 2, 3)
    shape, given = draw(shapes(ranks)), draw(arguments(method, count))
    try:
        pattern = method.pattern_for(Situation(given, count, has_base, shape))
    except MethodError:
        reject()
    drawn = [draw(tensors(shape, dtype)).view(_shape_in(pattern, shape)) for _ in range(count + has_base)]
    keys = tuple(draw(st.lists(st.integers(0, 2**63), min_size=count, max_size=count, unique=True)))
    base = drawn.pop() if has_base else None
    return _measured(pattern, Block(tuple(drawn), base, given, "a.weight", shape, keys=keys))


def _shape_in(pattern: Pattern, shape: tuple[int, ...]) -> tuple[int, ...]:
    if isinstance(pattern, Rows):
        return (-1, shape[-1] if shape else 1)
    return shape if isinstance(pattern, Whole) else (-1,)


def _measured(pattern: Pattern, block: Block) -> Block:
    """The block with the results of surveys and measures, each of which finds those before it."""
    if isinstance(pattern, Blend | Whole):
        return block
    for survey in pattern.surveys:
        block = replace(block, surveyed=(*block.surveyed, _result(survey, block)))
    for measure in pattern.measures:
        block = replace(block, measured=(*block.measured, _result(measure, block)))
    return block


def _result(measure: Measure, block: Block) -> Any:
    amount = measure.take(block)
    return amount if measure.settle is None else measure.settle(amount, replace(block, inputs=(), base=None))

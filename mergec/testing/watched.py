"""A method that notices when its own functions change what they are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import Tensor

from mergec.contract.method import Block, Elementwise, Measure, Method, Pattern, Rows, Situation, Whole


def watched(method: Method) -> Method:
    """The method, which raises ValueError where it changes an input, by whatever means."""
    choose = method.choose

    def choose_watched(situation: Situation) -> Pattern:
        assert choose is not None
        return _watched_pattern(choose(situation))

    return replace(method, pattern=_watched_pattern(method.pattern), choose=None if choose is None else choose_watched)


def _watched_pattern(pattern: Pattern) -> Pattern:
    match pattern:
        case Elementwise() | Rows():
            return replace(
                pattern,
                apply=_watched(pattern.apply),
                measures=tuple(map(_watched_measure, pattern.measures)),
                surveys=tuple(map(_watched_measure, pattern.surveys)),
            )
        case Whole():
            return replace(pattern, apply=_watched(pattern.apply))
        case _:
            return pattern


def _watched_measure(measure: Measure) -> Measure:
    return replace(measure, take=_watched(measure.take))


def _watched(function: Callable[[Block], Any]) -> Callable[[Block], Any]:
    def call(block: Block) -> Any:
        given = [*block.inputs, *(() if block.base is None else (block.base,))]
        before = [tensor.clone() for tensor in given]
        result = function(block)
        if not all(map(_same, given, before)):
            raise ValueError("it changed one of its inputs")
        return result

    return call


def _same(one: Tensor, other: Tensor) -> bool:
    return bool(((one == other) | (one.isnan() & other.isnan())).all())

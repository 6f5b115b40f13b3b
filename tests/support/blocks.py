"""Methods on blocks without the engine: a tensor is cut, measured and made as the contract says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mergec.api import Arguments, Block, Elementwise, Measure, Method, Rows, Scope, Situation
from mergec.contract.randomness import stream_key

Numbers = NDArray[Any]
Values = Mapping[str, Any]
"""A parameter's value by its name; a sequence for one per input."""


@dataclass(frozen=True)
class Made:
    """A tensor to be made: float32 or float64 arrays of one shape."""

    inputs: Sequence[Numbers]
    base: Numbers | None
    values: Values = field(default_factory=dict)
    name: str = "tensor"
    sources: Sequence[str] = ("a", "b", "c", "d", "e")


def arguments_of(method: Method, count: int, values: Values) -> Arguments:
    """The values given and the defaults of the others."""
    unknown = set(values) - {p.name for p in method.params}
    assert not unknown, unknown
    shared, per_input = [], []
    for param in method.params:
        value = values.get(param.name, param.default)
        if param.scope is Scope.SHARED:
            shared.append((param.name, value))
        else:
            many = value if isinstance(value, list | tuple) else (value,) * count
            assert len(many) == count
            per_input.append((param.name, tuple(many)))
    return Arguments(tuple(shared), tuple(per_input))


@dataclass(frozen=True)
class Cutter:
    """One tensor and how it is cut."""

    method: Method
    made: Made
    block_elements: int
    run_elements: int
    seed: int = 0

    @property
    def arguments(self) -> Arguments:
        return arguments_of(self.method, len(self.made.inputs), self.made.values)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.made.inputs[0].shape

    @property
    def pattern(self) -> Elementwise | Rows:
        count = len(self.made.inputs)
        found = self.method.pattern_for(Situation(self.arguments, count, self.made.base is not None, self.shape))
        assert isinstance(found, Elementwise | Rows)
        return found

    def blocks(self, elements: int, measured: tuple[Any, ...], surveyed: tuple[Any, ...]) -> Iterator[Block]:
        """Copies of the pieces, and a check that nobody changed them."""
        total = prod(self.shape)
        columns = self.shape[-1] if self.shape else 1
        rows = isinstance(self.pattern, Rows)
        step = max(1, elements // max(1, columns)) * columns if rows else elements
        for first in range(0, total, max(1, step)):
            pieces = [
                torch.from_numpy(x.reshape(-1)[first : first + step].copy())
                for x in (*self.made.inputs, *(() if self.made.base is None else (self.made.base,)))
            ]
            if rows:
                pieces = [p.view(-1, columns) for p in pieces]
            kept = [p.clone() for p in pieces]
            inputs = pieces[: len(self.made.inputs)]
            base = None if self.made.base is None else pieces[-1]
            yield replace(self.empty(measured, surveyed), inputs=tuple(inputs), base=base, first=first)
            assert all(torch.equal(a, b) or bool(a.isnan().any()) for a, b in zip(pieces, kept, strict=True))

    def empty(self, measured: tuple[Any, ...], surveyed: tuple[Any, ...]) -> Block:
        sources = self.made.sources[: len(self.made.inputs)]
        keys = tuple(stream_key(self.seed, self.method.name, self.made.name, s) for s in sources)
        return Block((), None, self.arguments, self.made.name, self.shape, 0, measured, surveyed, keys)

    def amounts(self, measure: Measure, measured: tuple[Any, ...], surveyed: tuple[Any, ...]) -> Iterator[Any]:
        return (measure.take(b) for b in self.blocks(self.run_elements, measured, surveyed))

    def made_of(self, surveyed: tuple[Any, ...]) -> Numbers:
        """The tensor: measured, then made block by block."""
        measured: tuple[Any, ...] = ()
        for measure in self.pattern.measures:
            amount = reduce(measure.join, self.amounts(measure, measured, surveyed))
            measured += (_settled(measure, amount, self.empty(measured, surveyed)),)
        blocks = self.blocks(self.block_elements, measured, surveyed)
        parts = [self._checked(self.pattern.apply, b) for b in blocks]
        return np.concatenate(parts).reshape(self.shape)

    def _checked(self, apply: Callable[[Block], torch.Tensor], block: Block) -> Numbers:
        found = apply(block)
        assert found.shape == block.inputs[0].shape
        assert found.dtype == block.inputs[0].dtype
        return found.numpy().reshape(-1)


def _settled(measure: Measure, amount: Any, block: Block) -> Any:
    return amount if measure.settle is None else measure.settle(amount, block)


def run_all(
    method: Method, tensors: Sequence[Made], block: int = 1 << 18, run: int = 1 << 18, seed: int = 0
) -> list[Numbers]:
    """What a method makes of the tensors of a merge."""
    cutters = [Cutter(method, made, block, run, seed) for made in tensors]
    surveyed: tuple[Any, ...] = ()
    for survey in cutters[0].pattern.surveys:
        amounts = [reduce(survey.join, c.amounts(survey, (), surveyed)) for c in cutters]
        last = replace(cutters[0].empty((), surveyed), shape=())
        surveyed += (_settled(survey, reduce(survey.join, amounts), last),)
    return [c.made_of(surveyed) for c in cutters]


def run_one(
    method: Method,
    inputs: Sequence[Numbers],
    base: Numbers | None,
    block: int = 1 << 18,
    run: int = 1 << 18,
    seed: int = 0,
    **values: Any,
) -> Numbers:
    """What a method makes of one tensor; `lambda` is spelled `lambda_`."""
    named = {name.rstrip("_"): value for name, value in values.items()}
    return run_all(method, [Made(inputs, base, named)], block, run, seed)[0]

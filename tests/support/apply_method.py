"""A method's own functions applied to float64 arrays, without recipe, plan or engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np
import torch

from mergec.api import Arguments, Blend, Block, Elementwise, Gram, Method, Rows, Scope, Situation, Whole
from mergec.core.params import Value
from tests.support.numbers import Array

Given = Value | Sequence[Value]


def arguments_of(method: Method, count: int, given: dict[str, Given]) -> Arguments:
    """Values by name, one for all inputs or one for each; what is not given has its default."""
    assert {p.name for p in method.params} >= given.keys()
    shared: list[tuple[str, Value | None]] = []
    per_input: list[tuple[str, tuple[Value | None, ...]]] = []
    for param in method.params:
        value = given.get(param.name, param.default)
        if param.scope is Scope.SHARED:
            assert not isinstance(value, Sequence) or isinstance(value, str)
            shared.append((param.name, value))
        else:
            each = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,) * count
            assert len(each) == count
            per_input.append((param.name, each))
    return Arguments(tuple(shared), tuple(per_input))


def gram_of(vectors: Sequence[Array]) -> Gram:
    return Gram(tuple(tuple(float(np.sum(a * b)) for b in vectors) for a in vectors))


def situation_of(method: Method, inputs: Sequence[Array], base: Array | None, given: dict[str, Given]) -> Situation:
    return Situation(arguments_of(method, len(inputs), given), len(inputs), base is not None, inputs[0].shape)


def apply(
    method: Method, inputs: Sequence[Array], base: Array | None = None, rows_per_block: int = 1 << 20, **given: Given
) -> Array:
    """What the method makes of the inputs."""
    situation = situation_of(method, inputs, base, given)
    pattern = method.pattern_for(situation)
    if isinstance(pattern, Blend):
        return _blend(pattern, inputs, base, situation.arguments)
    if isinstance(pattern, Whole):
        held = [torch.from_numpy(x) for x in inputs]
        whole = None if base is None else torch.from_numpy(base)
        made = pattern.apply(Block(tuple(held), whole, situation.arguments, "t", inputs[0].shape))
        return np.asarray(made.numpy())
    return _streamed(pattern, inputs, base, situation.arguments, rows_per_block)


def coefficients(method: Method, inputs: Sequence[Array], base: Array | None = None, **given: Given) -> Array:
    """Those of a blend of whole tensors."""
    situation = situation_of(method, inputs, base, given)
    pattern = method.pattern_for(situation)
    assert isinstance(pattern, Blend)
    return _coefficients(pattern, inputs, base, situation.arguments)


def _deltas(pattern: Blend, inputs: Sequence[Array], base: Array | None) -> list[Array]:
    assert pattern.of_deltas == (base is not None)
    return [x if base is None else x - base for x in inputs]


def _coefficients(pattern: Blend, inputs: Sequence[Array], base: Array | None, arguments: Arguments) -> Array:
    fixed = pattern.fixed(len(inputs), arguments)
    if fixed is None:
        assert pattern.measured is not None
        fixed = pattern.measured(gram_of(_deltas(pattern, inputs, base)), arguments)
    assert len(fixed) == len(inputs)
    return np.array(fixed)


def _blend(pattern: Blend, inputs: Sequence[Array], base: Array | None, arguments: Arguments) -> Array:
    vectors = np.stack(_deltas(pattern, inputs, base))
    start = np.zeros_like(inputs[0]) if base is None else base
    if not pattern.rows:
        found = _coefficients(pattern, inputs, base, arguments)
        return start + np.tensordot(found, vectors, 1)
    assert pattern.measured_rows is not None
    rows = vectors.reshape(len(inputs), -1, vectors.shape[-1])
    grams = torch.from_numpy(np.einsum("irc,jrc->rij", rows, rows))
    weights = pattern.measured_rows(grams, arguments).numpy()
    assert weights.shape == (rows.shape[1], len(inputs))
    result: Array = start + np.einsum("ri,irc->rc", weights, rows).reshape(start.shape)
    return result


def _streamed(
    pattern: Elementwise | Rows, inputs: Sequence[Array], base: Array | None, arguments: Arguments, rows: int
) -> Array:
    shape = inputs[0].shape
    measured: tuple[Any, ...] = ()
    for measure in pattern.measures:
        amount = reduce(measure.join, (measure.take(b) for b in _blocks(inputs, base, arguments, rows, measured)))
        empty = Block((), None, arguments, "x", shape, measured=measured)
        measured = (*measured, amount if measure.settle is None else measure.settle(amount, empty))
    parts = [pattern.apply(b) for b in _blocks(inputs, base, arguments, rows, measured)]
    return torch.cat(parts).numpy().reshape(shape)


def _blocks(
    inputs: Sequence[Array], base: Array | None, arguments: Arguments, rows: int, measured: tuple[Any, ...]
) -> Iterator[Block]:
    shape = inputs[0].shape
    columns = shape[-1]
    flat = [torch.from_numpy(x.reshape(-1, columns)) for x in (*inputs, *(() if base is None else (base,)))]
    for first in range(0, len(flat[0]), rows):
        parts = [x[first : first + rows] for x in flat]
        own = None if base is None else parts.pop()
        yield Block(tuple(parts), own, arguments, "x", shape, first * columns, measured)

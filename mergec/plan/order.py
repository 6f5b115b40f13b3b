"""What tells the inputs of a merge apart, whatever their order and wherever their files lie."""

from __future__ import annotations

from dataclasses import replace

from mergec.plan.assignment import Bound, Operand, Stored
from mergec.plan.catalog import Catalog


def sources_of(operands: tuple[Operand, ...], catalog: Catalog) -> tuple[str, ...]:
    """One text per operand: its model's reference as the recipe writes it, numbered where it is not the first."""
    texts = [_source(o, catalog) for o in operands]
    counts = [texts[:i].count(t) for i, t in enumerate(texts)]
    return tuple(f"{t}#{n + 1}" if n else t for t, n in zip(texts, counts, strict=True))


def _source(operand: Operand, catalog: Catalog) -> str:
    if isinstance(operand, Stored):
        return catalog.models[operand.model].model.reference
    return f"{operand.action}({', '.join(_source(o, catalog) for o in operand.parts)})"


def in_order(
    operands: tuple[Operand, ...], bound: tuple[Bound, ...], catalog: Catalog
) -> tuple[tuple[Operand, ...], tuple[Bound, ...]]:
    """The operands, each with its own values, in an order that does not depend on that of the recipe."""
    keys = [(_key(o, catalog), _values(bound, i)) for i, o in enumerate(operands)]
    order = sorted(range(len(operands)), key=keys.__getitem__)
    places = {old: new for new, old in enumerate(order)}
    moved = [b if b.input is None else replace(b, input=places[b.input]) for b in bound]
    params = {name: i for i, name in enumerate(dict.fromkeys(b.name for b in bound))}
    moved.sort(key=lambda b: (params[b.name], b.input or 0))
    return tuple(operands[i] for i in order), tuple(moved)


def _key(operand: Operand, catalog: Catalog) -> str:
    """The model's reference and the tensor's name; of a merge, its method, parts and values."""
    if isinstance(operand, Stored):
        return f"{catalog.models[operand.model].model.reference}\0{operand.entry.name}"
    values = ",".join(f"{b.input}.{b.name}={b.value!r}" for b in operand.bound)
    parts = ",".join(_key(o, catalog) for o in operand.parts)
    return f"{operand.action}({parts}){{{values}}}"


def _values(bound: tuple[Bound, ...], index: int) -> tuple[str, ...]:
    return tuple(f"{b.name}={b.value!r}" for b in bound if b.input == index)

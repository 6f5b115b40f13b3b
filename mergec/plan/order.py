"""What tells the inputs of a merge apart, whatever their order and wherever their files lie."""

from __future__ import annotations

from mergec.plan.assignment import Operand, Stored
from mergec.plan.catalog import Catalog


def sources_of(operands: tuple[Operand, ...], catalog: Catalog) -> tuple[str, ...]:
    """One text per operand: its model's reference as the recipe writes it, numbered where it is not the first."""
    texts = [_source(o, catalog) for o in operands]
    counts = [texts[:i].count(t) for i, t in enumerate(texts)]
    return tuple(f"{t}#{n + 1}" if n else t for t, n in zip(texts, counts, strict=True))


def _source(operand: Operand, catalog: Catalog) -> str:
    if isinstance(operand, Stored):
        return catalog.models[operand.model].model.reference
    inputs = (*operand.operands, operand.base) if operand.base is not None else operand.operands
    return f"{operand.action}({', '.join(_source(o, catalog) for o in inputs)})"

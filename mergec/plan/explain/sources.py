"""Where a tensor comes from, in few words."""

from __future__ import annotations

from mergec.plan.assignment import Assignment, Operand, Stored
from mergec.plan.catalog import Catalog


def source_text(operand: Operand, catalog: Catalog, with_layers: bool, last_of: Operand | None = None) -> str:
    """The model of an operand, with its layers from this operand's to that of `last_of`, as `base[8..16]`."""
    if isinstance(operand, Assignment):
        return operand.action
    opened = catalog.models[operand.model]
    place = opened.anatomy.place(operand.entry.name)
    if operand.note:
        return f"{opened.name} ({operand.note})"
    if not with_layers or place.layer is None:
        return opened.name
    end = _layer(last_of, catalog) if isinstance(last_of, Stored) else place.layer
    return f"{opened.name}[{place.layer}..{(end if end is not None else place.layer) + 1}]"


def method_text(assignment: Assignment) -> str:
    """The method, and the one that it stands in for."""
    asked = assignment.fallback_of
    return assignment.action if asked is None else f"{assignment.action} (fallback of {asked.name})"


def input_labels(assignment: Assignment, catalog: Catalog) -> tuple[str, ...]:
    """What the inputs are called: by their models, and by a number too where a model stands there more than once."""
    names = [source_text(o, catalog, False) for o in assignment.operands]
    return tuple(f"{n}#{i}" if names.count(n) > 1 else n for i, n in enumerate(names, 1))


def _layer(stored: Stored, catalog: Catalog) -> int | None:
    return catalog.models[stored.model].anatomy.place(stored.entry.name).layer

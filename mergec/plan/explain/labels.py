"""What models, merges and inputs are called in an explanation."""

from __future__ import annotations

from dataclasses import dataclass

from mergec.plan.assignment import Assignment, Operand, Stored
from mergec.plan.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Labels:
    """Names for models, one each: their own, or shorter ones."""

    catalog: Catalog
    names: tuple[str, ...]

    @staticmethod
    def of(catalog: Catalog, limit: int | None = None, ellipsis: str = "…") -> Labels:
        """The names of the recipe; of those with more than `limit` characters, head and tail."""
        names = [opened.name for opened in catalog.models]
        short = [_shortened(n, limit, ellipsis) if limit is not None else n for n in names]
        told_apart = (f"{s}#{i}" if short.count(s) > 1 else s for i, s in enumerate(short, 1))
        return Labels(catalog, tuple(told_apart))

    def operand(self, operand: Operand) -> str:
        """The model or merge that a tensor comes from."""
        if isinstance(operand, Assignment):
            return operand.merge_name or asked_method(operand)
        name = self.names[operand.model]
        return f"{name} ({operand.note})" if operand.note else name

    def ranged(self, first: Operand, last: Operand, layers: tuple[int | None, int | None]) -> str:
        """The same with its layers, as `base[8..16]`, where they are not those of the output."""
        own = self.layer(first), self.layer(last)
        if own == layers or own[0] is None or own[1] is None or (isinstance(first, Stored) and first.note):
            return self.operand(first)
        return f"{self.operand(first)}[{own[0]}..{own[1] + 1}]"

    def layer(self, operand: Operand) -> int | None:
        """The layer of a tensor in the model or merge that it comes from."""
        if isinstance(operand, Assignment):
            return operand.place.layer
        return self.catalog.models[operand.model].anatomy.place(operand.entry.name).layer

    def inputs(self, assignment: Assignment) -> tuple[str, ...]:
        """What the inputs are called: a number tells those apart that come from one model."""
        names = [self.operand(o) for o in assignment.operands]
        return tuple(f"{n}#{i}" if names.count(n) > 1 else n for i, n in enumerate(names, 1))


def _shortened(name: str, limit: int, ellipsis: str) -> str:
    if len(name) <= limit:
        return name
    tail = (limit - 1) // 3
    return f"{name[: limit - 1 - tail]}{ellipsis}{name[-tail:]}"


def asked_method(assignment: Assignment) -> str:
    """The method that the recipe asks for, whichever makes the tensor."""
    return assignment.action if assignment.fallback_of is None else assignment.fallback_of.name


def method_text(assignment: Assignment, what: str = "fallback of") -> str:
    """The method, and the one that it stands in for."""
    asked = assignment.fallback_of
    return assignment.action if asked is None else f"{assignment.action} ({what} {asked.name})"

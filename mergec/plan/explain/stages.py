"""The merges of a plan: the one that is written, and those that it is made of on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mergec.diagnostics import Span
from mergec.plan.assignment import Assignment
from mergec.plan.explain.labels import asked_method
from mergec.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Stage:
    """Tensors of one merge. name: what the recipe calls it, or its method. origin: None for the output."""

    name: str
    origin: Span | None
    assignments: tuple[Assignment, ...]


def stages_of(plan: Plan) -> tuple[Stage, ...]:
    """The output first, then every merge inside, each after those that are made of it."""
    output = Stage(plan.recipe.output.name, None, plan.assignments)
    inner: dict[Span, list[Assignment]] = {}
    for assignment in _inner(plan.assignments):
        if assignment.merge_span is not None:
            inner.setdefault(assignment.merge_span, []).append(assignment)
    stages = (Stage(found[0].merge_name or asked_method(found[0]), span, tuple(found)) for span, found in inner.items())
    return (output, *stages)


def _inner(outer: Iterable[Assignment]) -> Iterable[Assignment]:
    """Assignments that others are made of, level by level, each once."""
    seen: set[int] = set()
    level = list(outer)
    while level:
        found = [p for a in level for p in a.parts if isinstance(p, Assignment)]
        level = []
        for assignment in found:
            if id(assignment) not in seen:
                seen.add(id(assignment))
                level.append(assignment)
        yield from level

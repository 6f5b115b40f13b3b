"""The tensors of models, as patterns that a selector can hold, and those that a rule wins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from mergec.core.anatomy import Place, Position
from mergec.diagnostics import Span
from mergec.plan import Assignment, OpenedModel, Plan, Stored
from mergec.plan.select import Subject, compile_selector
from mergec.syntax import tree

_INDEX = re.compile(r"(?<=\.)[0-9]+(?=\.)")
MOST_NAMES = 200


def globs_of(model: OpenedModel) -> dict[str, int]:
    """Globs for the kinds of tensors that a model has, and how many of them each matches."""
    counts: dict[str, int] = {}
    for name, place in model.anatomy.places:
        for pattern in _globs(name, place):
            counts[pattern] = counts.get(pattern, 0) + 1
    return counts


def _globs(name: str, place: Place) -> tuple[str, ...]:
    """`*.self_attn.*` and `*.self_attn.q_proj.weight` for a tensor of a layer; the name itself for one outside."""
    if place.position is not Position.LAYER:
        return (name,)
    suffix = _INDEX.sub("*", place.suffix)
    module, _, rest = suffix.partition(".")
    return (f"*.{module}.*", f"*.{suffix}") if "." in rest else (f"*.{suffix}",)


def names_from(models: Iterable[OpenedModel], beginning: str) -> tuple[str, ...]:
    """Full names of tensors that begin so, the first of them."""
    found = (e.name for model in models for e in model.checkpoint.tensors if e.name.startswith(beginning))
    return tuple(islice(dict.fromkeys(found), MOST_NAMES))


def _subjects(model: OpenedModel) -> Iterator[Subject]:
    for entry in model.checkpoint.tensors:
        yield Subject(entry.name, entry.name, model.anatomy.place(entry.name), len(entry.type.shape))


def matching(models: Iterable[OpenedModel], selector: tree.Selector) -> tuple[str, ...]:
    """Names of the tensors of models that a selector matches."""
    matches = compile_selector(selector)
    return tuple(dict.fromkeys(s.name for model in models for s in _subjects(model) if matches(s)))


def won_by(plan: Plan, rule: Span) -> tuple[str, ...]:
    """Names of the tensors for which a rule sets a value, or chooses the method."""
    return _with(plan, lambda a: a.method_origin == rule or any(b.origin == rule for b in a.bound))


def lost_by(plan: Plan, rule: Span) -> tuple[str, ...]:
    """Names of the tensors that a rule matches and for which a later one wins."""
    return _with(plan, lambda a: any(rule in b.shadowed for b in a.bound))


def _with(plan: Plan, holds: Callable[[Assignment], bool]) -> tuple[str, ...]:
    found = (a.name for outer in plan.assignments for a in _stages(outer) if holds(a))
    return tuple(dict.fromkeys(found))


def _stages(assignment: Assignment) -> Iterator[Assignment]:
    """An assignment and those that its operands are made of."""
    yield assignment
    bases = () if assignment.base is None else (assignment.base,)
    for operand in (*assignment.operands, *bases):
        if not isinstance(operand, Stored):
            yield from _stages(operand)

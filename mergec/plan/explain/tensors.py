"""Single tensors in full: every parameter with its origin, every rule that lost, every source."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mergec.core.style import Style
from mergec.core.units import number_text
from mergec.diagnostics import Span
from mergec.plan.assignment import Assignment, Bound, Operand
from mergec.plan.explain.labels import Labels, method_text
from mergec.plan.plan import Plan, targets
from mergec.plan.select import glob_pattern
from mergec.recipe import shown

NameMatcher = Callable[[str], bool]


def name_matcher(patterns: tuple[str, ...]) -> NameMatcher:
    """Whether a name matches one of the globs, or contains it where it has no wildcard; without any, all names do."""
    matchers = [glob_pattern(p if any(c in p for c in "*?") else f"*{p}*") for p in patterns]
    return lambda name: not matchers or any(m.fullmatch(name) for m in matchers)


def tensors_text(plan: Plan, patterns: tuple[str, ...], style: Style) -> str:
    """The tensors whose names match, in full."""
    shows = name_matcher(patterns)
    lines: list[str] = []
    for assignment, target in zip(plan.assignments, targets(plan.places), strict=True):
        if shows(assignment.name):
            lines += [*_tensor(plan, assignment, target, style), ""]
    return "\n".join(lines[:-1])


def _tensor(plan: Plan, a: Assignment, target: str, style: Style) -> Iterable[str]:
    yield f"{style.bold(a.name)}  {a.type}  {method_text(a)}"
    place = a.place
    if place.layer is not None:
        depth = "" if a.depth is None else f", depth {number_text(a.depth)}"
        yield f"  layer {place.layer} of {place.layers}{depth}"
    else:
        yield f"  {place.position.value} the layers"
    yield from (f"  {line}" for line in _made(a, Labels.of(plan.catalog), style, set()))
    yield f"  to {target}"


def _made(a: Assignment, labels: Labels, style: Style, told: set[int]) -> Iterable[str]:
    """Method, values and parts of a tensor; the parts of a merge inside stand under it, once."""
    if a.method_origin is not None and a.method is not None:
        yield f"method {method_text(a)}, from {a.method_origin}"
    for bound in a.bound:
        yield from _bound(a, bound, labels, style)
    words = ("from",) * len(a.operands) + ("base",)
    for word, operand in zip(words, a.parts, strict=False):
        yield f"{word} {_operand(operand, labels, told)}"
        if isinstance(operand, Assignment) and id(operand) not in told:
            told.add(id(operand))
            yield from (f"  {line}" for line in _made(operand, labels, style, told))


def _bound(a: Assignment, bound: Bound, labels: Labels, style: Style) -> Iterable[str]:
    name = bound.name if bound.input is None else f"{labels.inputs(a)[bound.input]}.{bound.name}"
    value = "" if bound.value is None else shown(bound.value)
    if bound.origin is None:
        if bound.value is not None:
            yield f"{name} = {value}, the default"
        return
    yield f"{name} = {value}, from {bound.origin}  {style.dim(one_line(bound.origin))}"
    for span in bound.shadowed:
        yield style.dim(f"  over {span}  {one_line(span)}")


def _operand(operand: Operand, labels: Labels, told: set[int]) -> str:
    if isinstance(operand, Assignment):
        depth = "" if operand.depth is None or operand.place.layer is None else f", depth {number_text(operand.depth)}"
        again = ", as above" if id(operand) in told else ""
        return f"{labels.operand(operand)}  {operand.name}{depth}{again}"
    entry = operand.entry
    note = f"  ({operand.note})" if operand.note else ""
    return f"{labels.names[operand.model]}  {entry.name}  {entry.type}  {entry.file}{note}"


def one_line(span: Span, limit: int = 80) -> str:
    """The text of a place in the recipe, on one line."""
    text = " ".join(span.text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"

"""The table of an explanation: tensors that share a rule, folded over layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mergec.core.anatomy import Position
from mergec.core.params import Value
from mergec.core.units import number_text
from mergec.diagnostics import Span
from mergec.plan.assignment import Assignment, Bound, Operand, Stored
from mergec.plan.explain.kinds import Kind, Shade, folded
from mergec.plan.explain.labels import Labels, method_text
from mergec.recipe import shown


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: tensors that share method, rules and a run of layers."""

    tensors: str
    layers: str
    method: str
    value: str
    origin: str
    sources: str


HEADS = Row("tensors", "layers", "method", "value", "set at", "made of")


def rows_of(kinds: tuple[Kind, ...], shade: Shade | None, labels: Labels) -> tuple[Row, ...]:
    """The rows of all kinds; kinds whose rows say the same share them."""
    alike: dict[tuple[Position, str, tuple[Row, ...]], list[str]] = {}
    stacks: dict[str, set[tuple[Row, ...]]] = {}
    for label, group in folded(kinds, shade):
        runs = _runs(labels, [a for kind in group for a in kind.members])
        rows = tuple(_row(labels, run) for run in runs)
        alike.setdefault((group[0].position, group[0].stack, rows), []).append(label)
        stacks.setdefault(group[0].stack, set()).add(rows)
    return tuple(_named(alike, stacks))


def _named(
    alike: dict[tuple[Position, str, tuple[Row, ...]], list[str]], stacks: dict[str, set[tuple[Row, ...]]]
) -> Iterable[Row]:
    for (position, stack, rows), labels in alike.items():
        whole = position is Position.LAYER and len(labels) > 1 and len(stacks[stack]) == 1
        shared = f"{stack}*" if whole else ", ".join(labels)
        yield from (replace(row, tensors=shared) for row in rows)


def _runs(labels: Labels, members: list[Assignment]) -> list[list[Assignment]]:
    """Assignments in order of layers, split where the method or the winning rules change."""
    ordered = sorted(members, key=lambda a: a.place.layer or 0)
    runs: list[list[Assignment]] = []
    for a in ordered:
        if runs and _same_rules(labels, runs[-1][-1], a):
            runs[-1].append(a)
        else:
            runs.append([a])
    return runs


def _same_rules(labels: Labels, a: Assignment, b: Assignment) -> bool:
    return (
        a.method == b.method
        and a.fallback_of == b.fallback_of
        and a.how == b.how
        and [x.origin for x in a.bound] == [x.origin for x in b.bound]
        and [_source(labels, a, p) for p in a.parts] == [_source(labels, b, p) for p in b.parts]
    )


def _source(labels: Labels, a: Assignment, part: Operand) -> tuple[object, str, int | None]:
    """What keeps a run together besides its rules: models or merges, and how far their layers are moved."""
    layer = labels.layer(part)
    moved = None if layer is None or a.place.layer is None else layer - a.place.layer
    return (part.model, part.note, moved) if isinstance(part, Stored) else (part.merge_span, part.action, moved)


def _row(labels: Labels, run: list[Assignment]) -> Row:
    first, last = run[0], run[-1]
    low, high = first.place.layer, last.place.layer
    layers = "-"
    if first.place.position is Position.LAYER:
        layers = f"{low}" if low == high else f"{low} to {high}"
    told = [b for b in _first_per_rule(first.bound) if b.origin is not None]
    return Row(
        "",
        layers,
        method_text(first, "for"),
        ", ".join(f"{_name(labels, first, b)} {_values(run, b)}" for b in told),
        ", ".join(dict.fromkeys(_place(b.origin) for b in told if b.origin)),
        _made_of(labels, first, last),
    )


def _made_of(labels: Labels, first: Assignment, last: Assignment) -> str:
    layers = first.place.layer, last.place.layer
    inputs = (labels.ranged(o, p, layers) for o, p in zip(first.operands, last.operands, strict=True))
    base = f" on {labels.ranged(first.base, last.base, layers)}" if first.base is not None and last.base else ""
    return ", ".join(inputs) + base


def _first_per_rule(bound: tuple[Bound, ...]) -> list[Bound]:
    """One entry per parameter and rule: a rule for all inputs is told once."""
    seen: dict[tuple[str, Span | None], Bound] = {}
    for b in bound:
        seen.setdefault((b.name, b.origin), b)
    return list(seen.values())


def _name(labels: Labels, assignment: Assignment, bound: Bound) -> str:
    shared = sum(1 for b in assignment.bound if b.name == bound.name and b.origin == bound.origin)
    if bound.input is None or shared > 1:
        return bound.name
    return f"{labels.inputs(assignment)[bound.input]}.{bound.name}"


def _values(run: list[Assignment], bound: Bound) -> str:
    values = [b.value for a in run for b in a.bound if b.name == bound.name and b.input == bound.input]
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if not numbers:
        return _shown(values[0])
    low, high = min(numbers), max(numbers)
    return number_text(low) if low == high else f"{number_text(low)} to {number_text(high)}"


def _shown(value: Value | None) -> str:
    return "-" if value is None else shown(value)


def _place(span: Span) -> str:
    return f"{span.line}:{span.column}"

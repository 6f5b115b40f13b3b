"""A plan as text: totals, t-map, and the table of rules folded over layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mergec.core.anatomy import Position
from mergec.core.params import Value
from mergec.core.style import Style
from mergec.core.units import number_text
from mergec.diagnostics import Span
from mergec.plan.assignment import Assignment, Bound, Stored, stored_operands
from mergec.plan.explain.kinds import Kind, Shade, folded, kinds_of, shades_of
from mergec.plan.explain.sources import input_labels, method_text, source_text
from mergec.plan.explain.tmap import scale_of, tmap_lines
from mergec.plan.explain.totals import totals_text
from mergec.plan.plan import Plan
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


def explain_text(plan: Plan, style: Style) -> str:
    """The whole explanation, without a line break at the end."""
    kinds = kinds_of(plan)
    shades = shades_of(plan)
    lines = list(totals_text(plan))
    lines[0] = style.bold(lines[0])
    for shade in shades:
        scale = scale_of(kinds, tuple(s for s in shades if s.param == shade.param))
        lines += ["", *tmap_lines(kinds, shade, scale, _title(plan, shade), style)]
    lines += ["", *_table(_rows(plan, kinds, shades[0] if shades else None), style)]
    return "\n".join(lines)


def _title(plan: Plan, shade: Shade) -> str:
    name = shade.param.name
    assignment = next(a for a in plan.assignments if shade.of(a) is not None)
    names = input_labels(assignment, plan.catalog)
    if shade.input is not None:
        return f"{name} of {names[shade.input]}, by layer"
    if len(names) == 2:
        return f"{name} by layer: 0 is all {names[0]}, 1 is all {names[1]}"
    return f"{name} by layer"


def _rows(plan: Plan, kinds: tuple[Kind, ...], shade: Shade | None) -> Iterable[Row]:
    """The rows of all kinds; kinds whose rows say the same share them."""
    alike: dict[tuple[Position, str, tuple[Row, ...]], list[str]] = {}
    stacks: dict[str, set[tuple[Row, ...]]] = {}
    for label, group in folded(kinds, shade):
        runs = _runs(plan, [a for kind in group for a in kind.members])
        rows = tuple(_row(plan, run) for run in runs)
        alike.setdefault((group[0].position, group[0].stack, rows), []).append(label)
        stacks.setdefault(group[0].stack, set()).add(rows)
    for (position, stack, rows), labels in alike.items():
        whole = position is Position.LAYER and len(labels) > 1 and len(stacks[stack]) == 1
        shared = f"{stack}*" if whole else ", ".join(labels)
        yield from (replace(row, tensors=shared) for row in rows)


def _runs(plan: Plan, members: list[Assignment]) -> list[list[Assignment]]:
    """Assignments in order of layers, split where the method or the winning rules change."""
    ordered = sorted(members, key=lambda a: a.place.layer or 0)
    runs: list[list[Assignment]] = []
    for a in ordered:
        if runs and _same_rules(plan, runs[-1][-1], a):
            runs[-1].append(a)
        else:
            runs.append([a])
    return runs


def _same_rules(plan: Plan, a: Assignment, b: Assignment) -> bool:
    return (
        a.method == b.method
        and a.fallback_of == b.fallback_of
        and a.how == b.how
        and [x.origin for x in a.bound] == [x.origin for x in b.bound]
        and _sources(plan, a) == _sources(plan, b)
    )


def _sources(plan: Plan, a: Assignment) -> list[tuple[int, str, int | None]]:
    """What keeps a run together besides its rules: the models it draws on, and how far their layers are moved."""
    return [(s.model, s.note, _moved(plan, a, s)) for s in stored_operands(a)]


def _moved(plan: Plan, a: Assignment, stored: Stored) -> int | None:
    layer = plan.catalog.models[stored.model].anatomy.place(stored.entry.name).layer
    return None if layer is None or a.place.layer is None else layer - a.place.layer


def _row(plan: Plan, run: list[Assignment]) -> Row:
    first, last = run[0], run[-1]
    layers = "-"
    if first.place.position is Position.LAYER:
        low, high = first.place.layer, last.place.layer
        layers = f"{low}" if low == high else f"{low} to {high}"
    told = [b for b in _first_per_rule(first.bound) if b.origin is not None]
    return Row(
        "",
        layers,
        method_text(first),
        ", ".join(f"{_name(plan, first, b)} {_values(run, b)}" for b in told),
        ", ".join(dict.fromkeys(_place(b.origin) for b in told if b.origin)),
        ", ".join(
            source_text(o, plan.catalog, True, last_of=p) for o, p in zip(first.operands, last.operands, strict=True)
        ),
    )


def _first_per_rule(bound: tuple[Bound, ...]) -> list[Bound]:
    """One entry per parameter and rule: a rule for all inputs is told once."""
    seen: dict[tuple[str, Span | None], Bound] = {}
    for b in bound:
        seen.setdefault((b.name, b.origin), b)
    return list(seen.values())


def _name(plan: Plan, assignment: Assignment, bound: Bound) -> str:
    shared = sum(1 for b in assignment.bound if b.name == bound.name and b.origin == bound.origin)
    if bound.input is None or shared > 1:
        return bound.name
    return f"{input_labels(assignment, plan.catalog)[bound.input]}.{bound.name}"


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


def _table(rows: Iterable[Row], style: Style) -> Iterable[str]:
    heads = Row("tensors", "layers", "method", "value", "set at", "made of")
    listed = [heads, *rows]
    columns = [[getattr(r, f) for r in listed] for f in Row.__slots__]
    widths = _fitted([max(len(c) for c in column) for column in columns], style.width)
    for index in range(len(listed)):
        cells = (_cut(c[index], w, style).ljust(w) for c, w in zip(columns, widths, strict=True))
        line = _cut("  ".join(cells).rstrip(), max(style.width, 60), style)
        yield style.bold(line) if index == 0 else line


def _fitted(widths: list[int], room: int) -> list[int]:
    """Narrower columns where all of them are too wide: names first, then sources, then values; places never."""
    names, _, _, values, _, sources = range(len(widths))
    fitted = list(widths)
    for column, least in ((names, max(24, room // 3)), (sources, 16), (values, 20), (sources, 8)):
        excess = sum(fitted) + 2 * (len(fitted) - 1) - room
        fitted[column] = max(min(fitted[column], least), fitted[column] - max(0, excess))
    return fitted


def _cut(text: str, width: int, style: Style) -> str:
    return text if len(text) <= width else text[: width - 1] + ("…" if style.unicode else "~")

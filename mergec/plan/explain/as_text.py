"""A plan as text: totals, and of every merge its t-map and the table of rules folded over layers."""

from __future__ import annotations

from collections.abc import Iterable

from mergec.contract.method import Base
from mergec.core.style import Style
from mergec.core.units import counted
from mergec.plan.explain.kinds import Shade, kinds_of, shades_of
from mergec.plan.explain.labels import Labels
from mergec.plan.explain.rows import HEADS, Row, rows_of
from mergec.plan.explain.stages import Stage, stages_of
from mergec.plan.explain.tmap import map_rows, scale_of, tmap_lines
from mergec.plan.explain.totals import totals_text
from mergec.plan.plan import Plan

MOST_STAGES = 6
"""More merges inside a merge than these are counted, not drawn."""

NAMES, _, _, VALUES, _, SOURCES = range(6)
SHORTEST = 10
"""Characters that are left of a model's name."""


def explain_text(plan: Plan, style: Style) -> str:
    """The whole explanation, without a line break at the end."""
    lines = list(totals_text(plan))
    lines[0] = style.bold(lines[0])
    stages = stages_of(plan)
    for stage in stages[: MOST_STAGES + 1]:
        if stage.origin is not None:
            lines += ["", style.bold(f"{stage.name}, an inner merge ({stage.origin})")]
        lines += _stage(stage, plan, style)
    left = len(stages) - MOST_STAGES - 1
    if left > 0:
        lines += ["", f"and {counted(left, 'more inner merge')}: `--tensors GLOB` shows them"]
    return "\n".join(lines)


def _stage(stage: Stage, plan: Plan, style: Style) -> Iterable[str]:
    kinds = kinds_of(stage.assignments)
    shades = shades_of(stage.assignments)
    for shade in shades:
        scale = scale_of(kinds, tuple(s for s in shades if s.param == shade.param))
        yield ""
        yield from tmap_lines(tuple(map_rows(kinds, shade)), scale, _title(stage, shade, plan, style), style)
    shade_of_rows = shades[0] if shades else None
    rows_in_full = rows_of(kinds, shade_of_rows, Labels.of(plan.catalog))
    limit = _limit(rows_in_full, style.width)
    shorter = Labels.of(plan.catalog, limit, "…" if style.unicode else "~") if limit is not None else None
    yield ""
    yield from _table(rows_in_full if shorter is None else rows_of(kinds, shade_of_rows, shorter), style)


def title_of(stage: Stage, shade: Shade, labels: Labels) -> str:
    """What a map shows; for a share of one model in two, what its ends are."""
    name = shade.param.name
    assignment = next(a for a in stage.assignments if shade.of(a) is not None)
    names = labels.inputs(assignment)
    if shade.input is not None:
        return f"{name} of {names[shade.input]}, by layer"
    base = assignment.method.base if assignment.method is not None else None
    if len(names) == 2 and name == "t" and base in (Base.NONE, Base.FIRST):
        return f"{name} by layer: 0 is all {names[0]}, 1 is all {names[1]}"
    return f"{name} by layer"


def _title(stage: Stage, shade: Shade, plan: Plan, style: Style) -> str:
    full = title_of(stage, shade, Labels.of(plan.catalog))
    if len(full) <= style.width:
        return full
    limit = max(SHORTEST, (style.width - 32) // 2)
    return title_of(stage, shade, Labels.of(plan.catalog, limit, "…" if style.unicode else "~"))


def _widths(rows: Iterable[Row]) -> list[int]:
    listed = (HEADS, *rows)
    return [max(len(getattr(r, field)) for r in listed) for field in Row.__slots__]


def _limit(rows: tuple[Row, ...], width: int) -> int | None:
    """How long a model's name may be for the table to fit; None if it fits with all of them in full."""
    widths = _widths(rows)
    if sum(widths) + 2 * (len(widths) - 1) <= width:
        return None
    widths[NAMES] = min(widths[NAMES], max(24, width // 3))
    room = width - 2 * (len(widths) - 1) - sum(widths) + widths[SOURCES]
    names = max(row.sources.count(", ") + 1 for row in rows)
    return max(SHORTEST, room // names - 2)


def _table(rows: tuple[Row, ...], style: Style) -> Iterable[str]:
    widths = _fitted(_widths(rows), style.width)
    for row in (HEADS, *rows):
        fields = (getattr(row, field) for field in Row.__slots__)
        cells = (_cut(f, w, style).ljust(w) for f, w in zip(fields, widths, strict=True))
        line = _cut("  ".join(cells).rstrip(), max(style.width, 60), style)
        yield style.bold(line) if row is HEADS else line


def _fitted(widths: list[int], room: int) -> list[int]:
    """Narrower columns where all of them are too wide: names first, then sources, then values; places never."""
    fitted = list(widths)
    for column, least in ((NAMES, max(24, room // 3)), (SOURCES, 24), (VALUES, 20), (NAMES, 20), (SOURCES, 8)):
        excess = sum(fitted) + 2 * (len(fitted) - 1) - room
        fitted[column] = max(min(fitted[column], least), fitted[column] - max(0, excess))
    return fitted


def _cut(text: str, width: int, style: Style) -> str:
    mark = "…" if style.unicode else "~"
    return text if len(text) <= width else text[: width - 1].rstrip(mark) + mark

"""A plan as one page of HTML that refers to nothing outside itself: totals, maps, tables, single tensors."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from mergec.core.anatomy import Position
from mergec.core.style import Style
from mergec.core.units import number_text
from mergec.diagnostics import Diagnostic
from mergec.plan.explain.as_text import title_of
from mergec.plan.explain.kinds import kinds_of, shades_of
from mergec.plan.explain.labels import Labels
from mergec.plan.explain.rows import HEADS, Row, rows_of
from mergec.plan.explain.stages import Stage, stages_of
from mergec.plan.explain.tensors import tensors_text
from mergec.plan.explain.tmap import MapRow, Scale, map_rows, scale_of
from mergec.plan.explain.totals import totals_text
from mergec.plan.plan import Plan

COLOURS = ("#3b6fd4", "#3f93d8", "#3fb0c4", "#46b98c", "#86bb54", "#c0ac3f", "#d6913c", "#d9703c")
"""From cold to warm, one per level of a scale."""

STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; } h3 { font-size: 1rem; margin-bottom: .3rem; }
pre, table { font: 13px/1.45 ui-monospace, Menlo, Consolas, monospace; }
pre { overflow-x: auto; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; } .rules td, .rules th { padding: .2rem .9rem .2rem 0; text-align: left; }
.rules tr { border-bottom: 1px solid var(--line); vertical-align: top; }
.map th { font-weight: normal; padding-right: .8rem; text-align: left; white-space: nowrap; }
.map td { height: 1.15rem; min-width: .55rem; width: 1.4rem; } .map td.none { background: var(--line); }
.map td.said { padding-left: .8rem; white-space: nowrap; width: auto; } .stack { opacity: .65; }
"""


def explain_html(plan: Plan, warnings: tuple[Diagnostic, ...], patterns: tuple[str, ...] = ()) -> str:
    """The whole page, without a line break at the end; tensors whose names match a pattern are told in full."""
    return "\n".join(_page(plan, warnings, patterns))


def _page(plan: Plan, warnings: tuple[Diagnostic, ...], patterns: tuple[str, ...]) -> Iterable[str]:
    head, *totals = totals_text(plan)
    title = f"{plan.recipe.output.name} · {plan.recipe.source.name}"
    yield '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(title)}</title>\n<style>{STYLE}{_levels()}</style>"
    yield f"<h1>{escape(head)}</h1>"
    yield f"<pre>{_lines(totals)}</pre>"
    for warning in warnings:
        yield f"<p><strong>{warning.severity.value}[{warning.code.value}]</strong>: {escape(warning.message)}</p>"
    for stage in stages_of(plan):
        yield from _stage(stage, plan)
    if patterns:
        yield f"<h2>tensors</h2>\n<pre>{escape(tensors_text(plan, patterns, Style()))}</pre>"
    yield f"<h2>recipe</h2>\n<pre>{escape(plan.recipe.source.text.rstrip())}</pre>"
    yield f"<p class=stack>plan {plan.digest}</p>\n</html>"


def _lines(lines: Iterable[str]) -> str:
    return escape("\n".join(lines))


def _levels() -> str:
    return "".join(f".map td.l{i} {{ background: {colour}; }}\n" for i, colour in enumerate(COLOURS))


def _stage(stage: Stage, plan: Plan) -> Iterable[str]:
    labels = Labels.of(plan.catalog)
    kinds, shades = kinds_of(stage.assignments), shades_of(stage.assignments)
    if stage.origin is not None:
        yield f"<h2>{escape(stage.name)}, an inner merge ({escape(str(stage.origin))})</h2>"
    for shade in shades:
        scale = scale_of(kinds, tuple(s for s in shades if s.param == shade.param))
        yield f"<h3>{escape(title_of(stage, shade, labels))}</h3>"
        yield f'<div class="scroll"><table class="map">\n{_map(tuple(map_rows(kinds, shade)), scale)}\n</table></div>'
    rows = "\n".join(map(_row, rows_of(kinds, shades[0] if shades else None, labels)))
    heads = "".join(f"<th>{getattr(HEADS, field)}</th>" for field in Row.__slots__)
    yield f'<div class="scroll"><table class="rules">\n<tr>{heads}</tr>\n{rows}\n</table></div>'


def _row(row: Row) -> str:
    cells = (f"<td>{escape(getattr(row, field))}</td>" for field in Row.__slots__)
    return f"<tr>{''.join(cells)}</tr>"


def _map(rows: tuple[MapRow, ...], scale: Scale) -> str:
    widest = max(len(row.cells) for row in rows)
    lines: list[str] = []
    stack = None
    for row in rows:
        if row.position is Position.LAYER and row.stack != stack:
            stack = row.stack
            last = len(row.cells) - 1
            lines.append(f'<tr class="stack"><th>{escape(stack)}N</th><td colspan="{widest}">0 to {last}</td></tr>')
        lines.append(f"<tr><th>{escape(row.label)}</th>{_cells(row, scale, widest)}</tr>")
    return "\n".join(lines)


def _cells(row: MapRow, scale: Scale, widest: int) -> str:
    inside = row.position is Position.LAYER
    cells = (_cell(value, f"layer {i}: " if inside else "", scale) for i, value in enumerate(row.cells))
    rest = widest - len(row.cells)
    filling = f'<td colspan="{rest}"></td>' if rest else ""
    return "".join(cells) + f'{filling}<td class="said">{escape(row.said)}</td>'


def _cell(value: float | None, where: str, scale: Scale) -> str:
    if value is None:
        return '<td class="none"></td>'
    return f'<td class="l{scale.level(value)}" title="{where}{number_text(value)}"></td>'

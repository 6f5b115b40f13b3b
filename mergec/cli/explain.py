"""`mergec explain`."""

from __future__ import annotations

import sys

from mergec.cli.console import style_of, write_result
from mergec.cli.inputs import Choices, compiled
from mergec.core.style import Style
from mergec.diagnostics import Code, Report
from mergec.plan import Plan, explain


def explain_command(
    recipe: str,
    patterns: tuple[str, ...],
    graph: bool,
    format: str,
    output: str | None,
    choices: Choices,
    report: Report,
) -> None:
    """Compile and print, stopping before anything is executed."""
    plan = compiled(recipe, choices, report).plan
    _warn_of_idle(patterns, plan, report)
    style = style_of(sys.stdout) if output is None else Style()
    write_result(_text(plan, patterns, graph, format, style, report), output)


def _warn_of_idle(patterns: tuple[str, ...], plan: Plan, report: Report) -> None:
    for pattern in patterns:
        shows = explain.name_matcher((pattern,))
        if not any(shows(a.name) for a in plan.assignments):
            message = f"`--tensors {pattern}`: no tensor matches"
            report.warn(Code.RULE_MATCHES_NOTHING, message, help="`--tensors '*'` shows all of them")


def _text(plan: Plan, patterns: tuple[str, ...], graph: bool, format: str, style: Style, report: Report) -> str:
    if format == "json":
        return explain.explain_json(plan, report.warnings, patterns)
    if format == "html":
        return explain.explain_html(plan, report.warnings, patterns)
    if format == "csv":
        return explain.explain_csv(plan, patterns)
    if graph:
        return explain.graph_text(plan, patterns)
    return explain.tensors_text(plan, patterns, style) if patterns else explain.explain_text(plan, style)

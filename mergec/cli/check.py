"""`mergec check`."""

from __future__ import annotations

import sys

from mergec.cli.console import in_order, style_of, write_result
from mergec.cli.guard import Exit
from mergec.cli.inputs import Choices, compiled
from mergec.diagnostics import RecipeError, Report
from mergec.diagnostics.render_json import render_json
from mergec.diagnostics.render_text import render_text, summarise
from mergec.syntax import check_schema


def check_command(recipe: str, strict: bool, format: str, choices: Choices, report: Report) -> int:
    """Print every finding as the result; the exit code says whether the recipe would build."""
    try:
        program = compiled(recipe, choices, report)
        check_schema(program.plan.recipe.source, report)
    except RecipeError as error:
        for diagnostic in error.diagnostics:
            report.add(diagnostic)
    found = in_order(report.diagnostics)
    if format == "json":
        write_result(render_json(found))
    else:
        style = style_of(sys.stdout)
        text = render_text(found, colour=style.colour, width=style.width)
        write_result(f"{text}\n\n{summarise(found)}" if found else summarise(found))
    failed = report.failed or (strict and bool(found))
    return Exit.WRONG_RECIPE if failed else Exit.DONE

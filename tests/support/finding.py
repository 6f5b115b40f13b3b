"""What is found in a recipe, in few words."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from mergec.diagnostics import RecipeError, Report, Source
from mergec.driver import Request, compile_recipe


def findings(folder: Path, text: str, tongue: str = "yaml", settings: tuple[tuple[str, str], ...] = ()) -> list[str]:
    """Severity, code and the text pointed at, of everything found in a recipe whose models lie in `folder`."""
    report = Report()
    with suppress(RecipeError):
        compile_recipe(Source(f"recipe.{tongue}", text), Request(str(folder), settings, workers=1), report)
    return [f"{d.severity.value} {d.code.value} {d.span.text if d.span else d.message}" for d in report.diagnostics]

"""Compiling and building recipes in this process, as the command does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mergec.diagnostics import RecipeError, Report, Source
from mergec.driver import Compiled, Request, build, compile_recipe


def compile_text(folder: Path, text: str, tongue: str = "yaml", request: Request | None = None) -> Compiled:
    """Compile a recipe whose model paths start at `folder`. Raises RecipeError."""
    source = Source(str(folder / f"recipe.{tongue}"), text)
    return compile_recipe(source, replace(request or Request(workers=1), directory=str(folder)), Report())


def build_text(folder: Path, text: str, tongue: str = "yaml", request: Request | None = None) -> Path:
    """Build a recipe into a new directory in `folder`, and return that directory."""
    output = folder / "out"
    build(compile_text(folder, text, tongue, request), str(output), force=True, sync=False, progress=lambda _: None)
    return output


def problems(folder: Path, text: str, tongue: str = "yaml") -> tuple[str, ...]:
    """The codes and messages of the errors in a recipe."""
    try:
        compile_text(folder, text, tongue)
    except RecipeError as error:
        return tuple(f"{d.code.value}: {d.message}" for d in error.diagnostics if d.severity.value == "error")
    return ()

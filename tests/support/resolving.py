"""Resolving the text of a recipe, without its models."""

from __future__ import annotations

from mergec.diagnostics import Report, Source
from mergec.hooks import Plugins, load_plugins
from mergec.recipe import Merge, Recipe, resolve
from mergec.syntax import parse

TWO = 'model a = "a"\nmodel b = "b"\n'


def resolved(
    text: str, settings: tuple[tuple[str, str], ...] = (), plugins: Plugins | None = None, name: str = "r.merge"
) -> tuple[Recipe | None, list[str]]:
    """The recipe of a text, and the findings as `code line:column`."""
    report = Report()
    document = parse(Source(name, text), report)
    assert document is not None, report.diagnostics
    recipe = resolve(document, plugins or load_plugins(report), settings, report)
    places = [(d.code.value, d.span) for d in report.diagnostics]
    return recipe, [f"{code} {span.line}:{span.column}" if span else code for code, span in places]


def recipe_of(text: str, plugins: Plugins | None = None, name: str = "r.merge") -> Recipe:
    recipe, found = resolved(text, plugins=plugins, name=name)
    assert recipe is not None, found
    return recipe


def merge_of(text: str, plugins: Plugins | None = None, name: str = "r.merge") -> Merge:
    root = recipe_of(text, plugins, name).root
    assert isinstance(root, Merge)
    return root

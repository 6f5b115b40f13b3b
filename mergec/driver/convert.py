"""A recipe of one tongue in the other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mergec.diagnostics import Report, Source
from mergec.driver.catalog import directory_of
from mergec.driver.compile import Request
from mergec.driver.includes import read_document
from mergec.driver.spell_out import spelled_out
from mergec.driver.to_yaml import refuse_settings, remarks_on, yaml_form
from mergec.hooks import Plugins, load_plugins
from mergec.recipe import Recipe, resolve
from mergec.syntax.formatting import print_statements
from mergec.syntax.print_yaml import yaml_text
from mergec.syntax.tree import Document, ModelStatement, Statement


def to_merge_language(
    source: Source, request: Request, directory: str, report: Report, plugins: Plugins | None = None
) -> str:
    """A recipe in mergekit YAML in the merge language, laid out in the canonical style.

    directory: where the result will lie; relative paths of models are made to lead to the same place from there.
    Raises RecipeError for recipes that are wrong, or say what the merge language cannot.
    """
    document, _, plugins = _understood(source, request, report, plugins)
    spelled = spelled_out(document, plugins, report)
    report.stop_if_failed()
    moved = tuple(_moved_statement(s, request.directory, directory) for s in spelled.statements)
    printed = print_statements(moved, _joined(_header(source.text), spelled.remarks), report)
    report.stop_if_failed()
    assert printed is not None
    return printed


def to_mergekit_yaml(
    source: Source, request: Request, directory: str, report: Report, plugins: Plugins | None = None
) -> str:
    """A recipe of the merge language as mergekit YAML. Raises RecipeError with all that YAML has no words for."""
    document, recipe, _ = _understood(source, request, report, plugins)
    moved = tuple(
        replace(m, path=_moved(m.path, directory_of(m, recipe, request.directory), directory)) for m in recipe.models
    )
    refuse_settings(document.statements, report)
    form = yaml_form(replace(recipe, models=moved), report)
    report.stop_if_failed()
    assert form is not None
    return yaml_text(form, _joined(_header(source.text), remarks_on(document.statements, request.settings)))


def _understood(
    source: Source, request: Request, report: Report, plugins: Plugins | None
) -> tuple[Document, Recipe, Plugins]:
    document = read_document(source, request.directory, report)
    report.stop_if_failed()
    assert document is not None
    plugins = load_plugins(report) if plugins is None else plugins
    recipe = resolve(document, plugins, request.settings, report)
    report.stop_if_failed()
    assert recipe is not None
    return document, recipe, plugins


def _joined(header: Iterable[str], remarks: Iterable[str]) -> list[str]:
    """Comments of two kinds, the second in a paragraph of its own."""
    first, second = list(header), list(remarks)
    return [*first, "", *second] if first and second else first + second


def _header(text: str) -> Iterator[str]:
    """The comments with which a recipe begins."""
    for line in text.removeprefix("\ufeff").splitlines():
        stripped = line.strip()
        if stripped.startswith("#"):
            yield stripped.removeprefix("#").removeprefix(" ")
        elif stripped and stripped != "---":
            return


def _moved_statement(statement: Statement, before: str, after: str) -> Statement:
    if not isinstance(statement, ModelStatement):
        return statement
    path, at, rest = statement.reference.value.partition("@")
    return replace(statement, reference=replace(statement.reference, value=_moved(path, before, after) + at + rest))


def _moved(path: str, before: str, after: str) -> str:
    """A path relative to a directory, relative to another one; a Hub id stays as it is."""
    there = os.path.join(before, path)
    if os.path.isabs(path) or not os.path.isdir(there) or os.path.realpath(before) == os.path.realpath(after):
        return path
    moved = os.path.relpath(os.path.realpath(there), os.path.realpath(after))
    return moved if moved.startswith("..") else f"./{moved}"

"""Recipes as objects, and the stages as functions."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import TypedDict, Unpack

from mergec.core.units import parse_bytes
from mergec.diagnostics import RecipeError, Report, Source
from mergec.diagnostics.render_text import render_text
from mergec.driver import Request, compile_recipe
from mergec.python.models import Merge, Model, Weights, Writer
from mergec.python.planned import Planned
from mergec.python.values import Value, quoted, text_of
from mergec.syntax import parse
from mergec.syntax.formatting import print_statements


@dataclass(frozen=True)
class Recipe:
    """A recipe as text, and where the paths in it start."""

    text: str
    name: str = "recipe.merge"
    directory: str = "."

    def __str__(self) -> str:
        return self.text

    def plan(self, **options: Unpack[Options]) -> Planned:
        """As the function `plan`."""
        return plan(self, **options)


Sources = Recipe | Weights | str | PathLike[str]


def load(path: str | PathLike[str]) -> Recipe:
    """The recipe in a file, of the merge language or mergekit's YAML. Raises OSError or UnicodeDecodeError."""
    with open(path, encoding="utf-8") as file:
        return Recipe(file.read(), os.fspath(path), os.path.dirname(os.fspath(path)) or ".")


def output(
    weights: Weights,
    *,
    dtype: str | None = None,
    donor: Model | None = None,
    drop: Iterable[str] = (),
    requires: Iterable[str] = (),
    settings: Mapping[str, Value | float | bool | str] | None = None,
    directory: str = ".",
) -> Recipe:
    """The recipe that writes some weights, as the language's `output` does; `settings` are further ones of that."""
    writer = Writer(weights)
    name = weights.name if isinstance(weights, Merge) and weights.name else "output_1"
    text = writer.text(weights)
    if text != name:
        name = writer.declare(weights, name, text)
    lines = [f"{setting} = {value}" for setting, value in _settings(dtype, donor, drop, settings)]
    if donor is not None:
        writer.text(donor)
    needed = [f"requires {quoted(requirement)}" for requirement in requires]
    written = "\n".join((*needed, *writer.statements(), f"output {name} {{ {'  '.join(lines)} }}", ""))
    return Recipe(_formatted(written), directory=directory)


def _settings(
    dtype: str | None,
    donor: Model | None,
    drop: Iterable[str],
    settings: Mapping[str, Value | float | bool | str] | None,
) -> Iterable[tuple[str, str]]:
    if dtype is not None:
        yield "dtype", dtype
    if donor is not None:
        yield "donor", donor.name
    for glob in drop:
        yield "drop", quoted(glob)
    for name, value in (settings or {}).items():
        yield name, text_of(value)


def _formatted(text: str) -> str:
    """The text in the language's style, or as it is if it has mistakes, which planning will tell."""
    report = Report()
    document = parse(Source("recipe.merge", text), report)
    return text if document is None else print_statements(document.statements, (), report) or text


class Options(TypedDict, total=False):
    """How a recipe is planned; as on the command line. settings: `--set`. models: `--model`."""

    settings: Mapping[str, float]
    models: Mapping[str, str | PathLike[str]]
    threads: int
    memory: str | int
    shard_size: str | int
    device: str
    seed: int


def plan(source: Sources, **options: Unpack[Options]) -> Planned:
    """All that a build will do, from headers alone.

    source: a recipe, models merged with Python's operators, or the path of a recipe file.
    Raises RecipeError, whose text has every finding with its place, and MachineFault.
    """
    found = _recipe(source)
    report = Report()
    request = Request(
        directory=found.directory,
        settings=tuple((name, repr(float(value))) for name, value in options.get("settings", {}).items()),
        models={reference: os.fspath(path) for reference, path in options.get("models", {}).items()},
        workers=options.get("threads"),
        shard_bytes=_bytes(options.get("shard_size")),
        memory_bytes=_bytes(options.get("memory")),
        device=options.get("device", "cpu"),
        seed=options.get("seed", 0),
    )
    try:
        compiled = compile_recipe(Source(found.name, found.text), request, report)
    except RecipeError as error:
        raise ReadableError(error) from None
    return Planned(compiled, tuple(report.warnings), found.text)


class ReadableError(RecipeError):
    """A recipe error whose text is what the command line would print."""

    def __init__(self, error: RecipeError) -> None:
        super().__init__(error.diagnostics)

    def __str__(self) -> str:
        return "\n" + render_text(self.diagnostics).rstrip()


def explain(source: Sources, **options: Unpack[Options]) -> str:
    """What `mergec explain` prints."""
    return plan(source, **options).explain()


def build(
    source: Sources, directory: str | PathLike[str], *, force: bool = False, **options: Unpack[Options]
) -> Planned:
    """Build a recipe into a directory. Raises what `plan` raises, OutputConflict and CheckFailed."""
    planned = plan(source, **options)
    planned.build(directory, force=force)
    return planned


def _recipe(source: Sources) -> Recipe:
    if isinstance(source, Recipe):
        return source
    return output(source) if isinstance(source, Weights) else load(source)


def _bytes(size: str | int | None) -> int | None:
    return parse_bytes(size) if isinstance(size, str) else size

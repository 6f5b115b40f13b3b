"""Everything wrong or surprising about a document, as `mergec check` finds it."""

from __future__ import annotations

from dataclasses import dataclass

from mergec.diagnostics import Diagnostic, MachineFault, RecipeError, Report, Source
from mergec.driver import Compiled, Request, compile_recipe
from mergec.driver.catalog import Opener
from mergec.hooks import Plugins
from mergec.lsp.models import NotOpened
from mergec.plan import OpenedModel
from mergec.recipe import Model
from mergec.syntax import check_schema


@dataclass(frozen=True, slots=True)
class Checked:
    """What is to be said of a text. compiled: its plan, if it has one. fault: why the check could not be finished."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    compiled: Compiled | None = None
    fault: str | None = None


def check(source: Source, directory: str, plugins: Plugins, opener: Opener) -> Checked:
    """Check a text as far as its models can be opened; relative paths start at `directory`."""
    report = Report()
    compiled = None
    fault = None
    try:
        compiled = compile_recipe(source, Request(directory), report, plugins, opener)
        check_schema(source, report)
    except RecipeError as error:
        for diagnostic in error.diagnostics:
            report.add(diagnostic)
    except NotOpened:
        pass
    except MachineFault as error:
        fault = str(error)
    return Checked(source, report.diagnostics, compiled, fault)


def no_models(model: Model, directory: str, plugins: Plugins, report: Report) -> OpenedModel | None:
    """An opener for a check of the text alone."""
    raise NotOpened(model.reference)

"""The stages in order, from a recipe's text to a plan."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from mergec.checkpoint import DEFAULT_SHARD_BYTES
from mergec.diagnostics import Report, Source
from mergec.driver.beside import check_beside
from mergec.driver.catalog import Opener, open_catalog
from mergec.driver.garbage import uncollected
from mergec.driver.includes import read_document
from mergec.hooks import Plugins, load_plugins
from mergec.plan import BLOCK_ELEMENTS, Options, Plan, make_plan
from mergec.recipe import merges, resolve


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a compilation besides the recipe.

    directory: relative model paths start here. settings: `--set`. models: `--model`, reference to directory.
    shard_bytes: largest weight file, in place of what the recipe says.
    memory_bytes: what tensors may take. seed: of methods that draw random numbers. device: `cpu`, `cuda` or `auto`.
    """

    directory: str = "."
    settings: tuple[tuple[str, str], ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    workers: int | None = None
    shard_bytes: int | None = None
    block_elements: int = BLOCK_ELEMENTS
    memory_bytes: int | None = None
    seed: int = 0
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A plan, the plugins that take part in it, and the device that it is meant for."""

    plan: Plan
    plugins: Plugins
    device: str = "cpu"

    @property
    def providers(self) -> tuple[tuple[str, str, str], ...]:
        """Of every method in use that a plugin provides: its name, its distribution, that distribution's version."""
        names = dict.fromkeys(m.name for merge in merges(self.plan.recipe.root) for m in merge.methods)
        found = ((n, self.plugins.methods[n].provider) for n in names if n in self.plugins.methods)
        return tuple((n, p.distribution, p.version) for n, p in found)


def compile_recipe(
    source: Source, request: Request, report: Report, plugins: Plugins | None = None, opener: Opener | None = None
) -> Compiled:
    """Compile a recipe. Raises RecipeError with every finding if there is an error; warnings stay in the report.

    plugins: the methods to be had, in place of those of all installed packages.
    opener: opens models, in place of looking for each on the disk and on the Hub.
    """
    with uncollected():
        return _compile(source, request, report, plugins, opener)


def _compile(
    source: Source, request: Request, report: Report, plugins: Plugins | None, opener: Opener | None
) -> Compiled:
    document = read_document(source, request.directory, report)
    report.stop_if_failed()
    assert document is not None
    plugins = load_plugins(report) if plugins is None else plugins
    recipe = resolve(document, plugins, request.settings, report)
    report.stop_if_failed()
    assert recipe is not None
    catalog = open_catalog(recipe, request.directory, request.models, plugins, report, opener)
    report.stop_if_failed()
    assert catalog is not None
    check_beside(recipe, catalog, report)
    workers = request.workers or default_workers()
    shard_bytes = request.shard_bytes or recipe.output.shard_bytes or DEFAULT_SHARD_BYTES
    options = Options(shard_bytes, workers, request.block_elements, request.memory_bytes, request.seed)
    plan = make_plan(recipe, catalog, options, report)
    report.stop_if_failed()
    assert plan is not None
    return Compiled(plan, plugins, request.device)


def default_workers() -> int:
    """One worker per processor that this process may use, eight at most."""
    return min(8, len(os.sched_getaffinity(0)))

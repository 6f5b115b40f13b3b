"""Opening the models of a recipe: headers and configs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from mergec.checkpoint import Headers, infer_anatomy, open_checkpoint
from mergec.contract.architecture import Architecture
from mergec.core.anatomy import Anatomy, LayerCount
from mergec.core.folder import Folder
from mergec.core.suggest import did_you_mean
from mergec.diagnostics import Code, Report, Source, Span
from mergec.driver.locate import open_folder
from mergec.hooks import Plugins, load_plugins
from mergec.plan import Catalog, OpenedModel
from mergec.recipe import Model, Recipe
from mergec.sidecar import execution_keys, layer_counts, model_type, read_config

Opener = Callable[[Model, str, Plugins, Report], OpenedModel | None]
"""Opens a model whose path starts at a directory, or reports why it cannot be opened."""


def open_catalog(
    recipe: Recipe,
    recipe_directory: str,
    mapped: Mapping[str, str],
    plugins: Plugins,
    report: Report,
    opener: Opener | None = None,
) -> Catalog | None:
    """All models, each opened once; every one that cannot be opened is reported."""
    _refuse_unknown(recipe, mapped, report)
    opened: dict[tuple[str, str, str | None, str | None], OpenedModel | None] = {}
    models: list[OpenedModel] = []
    shared = Shared()
    for model in recipe.models:
        directory = directory_of(model, recipe, recipe_directory)
        key = (directory, model.path, model.revision, mapped.get(model.name))
        if key not in opened:
            opened[key] = (
                opener(model, directory, plugins, report)
                if opener is not None
                else _found(model, directory, mapped, plugins, report, shared)
            )
        known = opened[key]
        if known is not None:
            models.append(OpenedModel(model, known.checkpoint, known.anatomy, known.config))
    return Catalog(tuple(models)) if len(models) == len(recipe.models) else None


def directory_of(model: Model, recipe: Recipe, otherwise: str) -> str:
    """Where the path of a model starts: where the file lies that names it."""
    return next((f.directory for f in recipe.files if f.source is model.span.source), otherwise)


def _found(
    model: Model, directory: str, mapped: Mapping[str, str], plugins: Plugins, report: Report, shared: Shared
) -> OpenedModel | None:
    folder = open_folder(model, directory, mapped, report)
    return open_model(model, folder, plugins, report, shared) if folder is not None else None


def _refuse_unknown(recipe: Recipe, mapped: Mapping[str, str], report: Report) -> None:
    """Report what `--model` maps and the recipe does not name."""
    known = [name for m in recipe.models for name in (m.reference, m.path, m.name)]
    for key, directory in mapped.items():
        if key not in known:
            listed = ", ".join(f"`{m.reference}`" for m in recipe.models)
            help = did_you_mean(key, known, f"its models are {listed}")
            report.error(Code.UNKNOWN_NAME, f"`--model {key}={directory}`: the recipe has no model `{key}`", help=help)


def open_reference(reference: str, report: Report) -> OpenedModel | None:
    """A checkpoint named outside any recipe, relative to the working directory."""
    source = Source("<reference>", reference)
    path, _, revision = reference.partition("@")
    model = Model(
        os.path.basename(path.rstrip("/")), reference, path, revision or None, Span(source, 0, len(reference))
    )
    folder = open_folder(model, ".", {}, report)
    return open_model(model, folder, load_plugins(report), report) if folder is not None else None


class Shared:
    """What models have in common, read once: a fine-tune has its base's headers, names and layers."""

    def __init__(self) -> None:
        self.headers = Headers()
        self._anatomies: list[tuple[tuple[object, ...], Anatomy]] = []

    def anatomy(
        self, names: tuple[str, ...], counts: tuple[LayerCount, ...], architecture: Architecture | None
    ) -> Anatomy:
        """As `infer_anatomy`."""
        key = (counts, architecture, names)
        for known, anatomy in self._anatomies:
            if known == key:
                return anatomy
        found = infer_anatomy(names, counts, architecture)
        self._anatomies.append((key, found))
        return found


def open_model(
    model: Model, folder: Folder, plugins: Plugins, report: Report, shared: Shared | None = None
) -> OpenedModel | None:
    """One model's headers, config and anatomy; `shared` knows those of models opened before."""
    shared = shared or Shared()
    checkpoint = open_checkpoint(folder, report, model.span, shared.headers)
    if checkpoint is None:
        return None
    config = read_config(folder, report, model.span)
    if config is None:
        return None
    for key in execution_keys(config):
        report.warn(
            Code.CODE_IN_CONFIG,
            f"config.json of `{model.reference}` has `{key}`, which can make a loader run code",
            model.span,
            help="mergec never runs it; look at what it names before you load the output with trust_remote_code",
        )
    names = tuple(entry.name for entry in checkpoint.tensors)
    kind = model_type(config)
    anatomy = shared.anatomy(names, layer_counts(config), plugins.architecture(kind))
    return OpenedModel(model, checkpoint, anatomy, config)

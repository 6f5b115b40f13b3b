"""Finding the directory or repository that a model reference means."""

from __future__ import annotations

import os
from collections.abc import Mapping

from mergec.checkpoint import LocalFolder
from mergec.core.folder import Folder
from mergec.diagnostics import Code, MachineFault, Report
from mergec.hub import is_hub_id, open_repository
from mergec.recipe import Model


def open_folder(model: Model, recipe_directory: str, mapped: Mapping[str, str], report: Report) -> Folder | None:
    """The folder of a model: what `--model` maps it to, a directory, or a repository of the Hub."""
    for key in (model.reference, model.path, model.name):
        if key in mapped:
            return _mapped(model, mapped[key], report)
    for candidate in _directories(model.path, recipe_directory):
        if os.path.isdir(candidate) or os.path.isfile(candidate):
            _warn_of_revision(model, report)
            return LocalFolder(candidate, model.path)
    if is_hub_id(model.path):
        try:
            return open_repository(model.path, model.revision, report, model.span)
        except MachineFault as fault:
            raise MachineFault(f"`{model.path}` is no directory, and {fault}", fault.help) from fault
    tried = ", ".join(dict.fromkeys(f"`{os.path.normpath(c)}`" for c in _directories(model.path, recipe_directory)))
    report.error(
        Code.MISSING_MODEL,
        f"there is no model `{model.reference}`",
        model.span,
        "not a directory, and not a Hub id",
        notes=(f"looked for {tried}",),
        help="give the path of a directory, relative to the recipe or to here, or a Hub id such as `org/name`",
    )
    return None


def _warn_of_revision(model: Model, report: Report) -> None:
    if model.revision is not None:
        message = f"`@{model.revision}` has no effect: `{model.path}` is a directory, which has no revisions"
        report.warn(Code.BAD_VALUE, message, model.span, help="remove it, or name a model of the Hub")


def _mapped(model: Model, directory: str, report: Report) -> Folder | None:
    if os.path.exists(directory):
        return LocalFolder(directory, model.path)
    message = f"`--model {model.reference}={directory}`: there is no such directory"
    report.error(Code.MISSING_MODEL, message, model.span)
    return None


def _directories(path: str, recipe_directory: str) -> tuple[str, ...]:
    """Where a path may lead: from the recipe first, then from the working directory."""
    expanded = os.path.expanduser(path)
    if not expanded:
        return ()
    if os.path.isabs(expanded):
        return (expanded,)
    return tuple(dict.fromkeys((os.path.join(recipe_directory, expanded), expanded)))

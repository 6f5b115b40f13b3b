"""The models that documents name, opened once and kept while their files stay as they are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mergec.checkpoint import LocalFolder
from mergec.diagnostics import Code, Diagnostic, Label, MachineFault, Report, Span
from mergec.driver.catalog import Opener, open_model
from mergec.driver.locate import open_folder
from mergec.hooks import Plugins
from mergec.hub import is_at_hand, is_hub_id
from mergec.lsp.tensors import globs_of
from mergec.plan import OpenedModel
from mergec.recipe import Model

Key = tuple[str, str | None, str]
Stamp = tuple[tuple[str, int, int], ...]


class NotOpened(Exception):
    """A model is not looked at now: it would take the network, or the machine refuses."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A model, or why it cannot be opened. span: what the findings call its place. stamp: of its files, if local."""

    opened: OpenedModel | None
    findings: tuple[Diagnostic, ...]
    span: Span
    path: str | None
    stamp: Stamp


class Models:
    """Opens models for checks, and lends what it holds to everything else."""

    def __init__(self) -> None:
        self._kept: dict[Key, Kept] = {}
        self._globs: dict[int, tuple[OpenedModel, Mapping[str, int]]] = {}

    def opener(self, may_ask: bool) -> Opener:
        """How a check opens models. may_ask: whether to ask the Hub."""

        def opens(model: Model, directory: str, plugins: Plugins, report: Report) -> OpenedModel | None:
            key = (model.path, model.revision, os.path.abspath(directory))
            kept = self._kept.get(key)
            if kept is None or not _is_current(kept, model, directory, may_ask):
                if not may_ask and _takes_network(model, directory):
                    raise NotOpened(model.reference)
                kept = self._kept[key] = _open(model, directory, plugins, report)
            for finding in kept.findings:
                report.add(_moved(finding, kept.span, model.span))
            return kept.opened

        return opens

    def at_hand(self, reference: str, directory: str) -> OpenedModel | None:
        """A model that a check has opened before; nothing is read."""
        path, _, revision = reference.partition("+")[0].partition("@")
        kept = self._kept.get((path, revision or None, os.path.abspath(directory)))
        return kept.opened if kept is not None else None

    def globs(self, opened: OpenedModel) -> Mapping[str, int]:
        """Globs for the kinds of tensors of a model, made once."""
        if id(opened) not in self._globs:
            self._globs[id(opened)] = opened, globs_of(opened)
        return self._globs[id(opened)][1]


def _open(model: Model, directory: str, plugins: Plugins, report: Report) -> Kept:
    found = Report()
    try:
        folder = open_folder(model, directory, {}, found)
        opened = open_model(model, folder, plugins, found) if folder is not None else None
    except MachineFault as fault:
        report.warn(Code.MISSING_MODEL, f"`{model.reference}` is not checked: {fault}", model.span, help=fault.help)
        raise NotOpened(model.reference) from fault
    path = folder.path if isinstance(folder, LocalFolder) else None
    return Kept(opened, found.diagnostics, model.span, path, _stamp(path))


def _is_current(kept: Kept, model: Model, directory: str, may_ask: bool) -> bool:
    """What is on the disk is current while its files are; what is on the Hub, if it was found or is not sought now."""
    if kept.path is not None:
        return _stamp(kept.path) == kept.stamp
    return kept.opened is not None or (not may_ask and _takes_network(model, directory))


def _takes_network(model: Model, directory: str) -> bool:
    path = os.path.expanduser(model.path)
    if os.path.exists(os.path.join(directory, path)) or os.path.exists(path):
        return False
    return is_hub_id(model.path) and not is_at_hand(model.path, model.revision)


def _stamp(path: str | None) -> Stamp:
    """Names, sizes and times of the files of a directory."""
    if path is None:
        return ()
    try:
        with os.scandir(path) as entries:
            found = [(entry.name, entry.stat()) for entry in entries]
    except OSError:
        return ()
    return tuple(sorted((name, state.st_size, state.st_mtime_ns) for name, state in found))


def _moved(finding: Diagnostic, old: Span, new: Span) -> Diagnostic:
    """A finding of an earlier text, at the place where the model is named now."""
    return replace(
        finding, labels=tuple(Label(new, label.text) if label.span == old else label for label in finding.labels)
    )

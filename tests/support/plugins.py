"""Plugins made in a test."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from mergec.api import Method, hookimpl
from mergec.diagnostics import Report
from mergec.hooks import Plugins, load_plugins


@dataclass(frozen=True)
class Plugin:
    """What an entry point would load."""

    methods: tuple[Method, ...]

    @hookimpl
    def mergec_methods(self) -> tuple[Method, ...]:
        return self.methods


class FakePoint(EntryPoint):
    """An entry point that gives a plugin without a package around it."""

    def __new__(cls, plugin: Plugin) -> FakePoint:
        return super().__new__(cls)

    def __init__(self, plugin: Plugin) -> None:
        super().__init__("test", "tests", "mergec")
        vars(self)["plugin"] = plugin

    def load(self) -> Any:
        return vars(self)["plugin"]


def with_methods(*methods: Method) -> Plugins:
    """The installed plugins, and one that provides these methods."""
    report = Report()
    plugins = load_plugins(report, (*entry_points(group="mergec"), FakePoint(Plugin(methods))))
    report.stop_if_failed()
    return plugins

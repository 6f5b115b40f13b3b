"""Plugins made in a test."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType, SimpleNamespace
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


class TextPoint(EntryPoint):
    """An entry point of a distribution `mergec-NAME` whose module is a text."""

    def __new__(cls, name: str, text: str, version: str = "1.0", requires: tuple[str, ...] = ()) -> TextPoint:
        return super().__new__(cls)

    def __init__(self, name: str, text: str, version: str = "1.0", requires: tuple[str, ...] = ()) -> None:
        super().__init__(name, f"mergec_{name}", "mergec")
        dist = SimpleNamespace(name=f"mergec-{name}", version=version, requires=list(requires))
        vars(self).update(text=text, dist=dist)

    def load(self) -> Any:
        module = ModuleType(self.value)
        exec(vars(self)["text"], vars(module))
        return module


def with_methods(*methods: Method) -> Plugins:
    """The installed plugins, and one that provides these methods."""
    report = Report()
    plugins = load_plugins(report, (*entry_points(group="mergec"), FakePoint(Plugin(methods))))
    report.stop_if_failed()
    return plugins

"""What the installed plugins provide, frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mergec.contract.architecture import Architecture
from mergec.contract.method import Method


@dataclass(frozen=True, slots=True)
class Provider:
    """An installed distribution that provides something."""

    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


@dataclass(frozen=True, slots=True)
class Provided:
    """A method and who provides it."""

    method: Method
    provider: Provider


@dataclass(frozen=True, slots=True)
class Failure:
    """An entry point, or one of its methods, that cannot be used, and why."""

    entry_point: str
    provider: Provider
    reason: str
    method: str = ""


@dataclass(frozen=True, slots=True)
class Plugins:
    """All methods and architectures, by name; what failed of the entry points.

    A method that is only listed is loaded when `methods` is asked for it. If that fails it is missing there, and
    `failures` has it from then on.
    """

    methods: Mapping[str, Provided]
    architectures: tuple[Architecture, ...] = ()
    failures: Sequence[Failure] = ()

    def architecture(self, model_type: str | None) -> Architecture | None:
        """The naming rules for a `model_type`, if a plugin has some."""
        return next((a for a in self.architectures if model_type in a.model_types), None)

"""The hooks a plugin package can implement. Each returns data; mergec checks it."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from mergec.contract.architecture import Architecture
from mergec.contract.listed import MethodAt
from mergec.contract.method import Method

PROJECT = "mergec"
"""Name of the pluggy project and of the entry-point group."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def mergec_methods() -> Iterable[Method | MethodAt]:  # type: ignore[empty-body]
    """Merge methods this package provides, or where they are. Called once, before a recipe is resolved."""


@hookspec
def mergec_architectures() -> Iterable[Architecture]:  # type: ignore[empty-body]
    """Naming rules for architectures that the general inference reads wrongly."""

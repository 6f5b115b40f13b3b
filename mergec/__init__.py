"""mergec: a compiler for merges of neural-network checkpoints."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mergec.python import (
        Merge,
        Model,
        Planned,
        Recipe,
        Value,
        Weights,
        build,
        curve,
        depth,
        explain,
        function,
        layer,
        layers,
        load,
        merge,
        model,
        output,
        param,
        stack,
        total,
    )

__version__ = "0.1.0"

__all__ = [
    "Merge",
    "Model",
    "Planned",
    "Recipe",
    "Value",
    "Weights",
    "build",
    "curve",
    "depth",
    "explain",
    "function",
    "layer",
    "layers",
    "load",
    "merge",
    "model",
    "output",
    "param",
    "stack",
    "total",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module `mergec` has no `{name}`")
    return getattr(import_module("mergec.python"), name)

"""A syntax tree with some of its nodes replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from mergec.diagnostics import Source, Span

T = TypeVar("T")


def rebuilt(node: T, change: Callable[[Any], Any]) -> T:
    """The node, `change` applied to it and to every node in it, the innermost first."""
    return _rebuilt(node, change)  # type: ignore[no-any-return]


def _rebuilt(node: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(node, tuple):
        return tuple(_rebuilt(part, change) for part in node)
    if not is_dataclass(node) or isinstance(node, type | Span | Source):
        return node
    parts = {f.name: getattr(node, f.name) for f in fields(node) if f.init}
    made = {name: _rebuilt(part, change) for name, part in parts.items()}
    changed = {name: made[name] for name in parts if made[name] is not parts[name] and made[name] != parts[name]}
    return change(replace(node, **changed) if changed else node)

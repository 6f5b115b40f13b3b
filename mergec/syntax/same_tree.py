"""Whether two syntax trees say the same, wherever in a text they say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from mergec.diagnostics import Span
from mergec.syntax.tree import Statement


def same_statements(one: Sequence[Statement], other: Sequence[Statement]) -> bool:
    """Whether the statements are the same, places aside. 1 and 1.0 are not."""
    return same_nodes(tuple(one), tuple(other))


def same_nodes(one: Any, other: Any) -> bool:
    """Whether two parts of trees are the same, places aside."""
    waiting: list[tuple[Any, Any]] = [(one, other)]
    while waiting:
        left, right = waiting.pop()
        if type(left) is not type(right):
            return False
        if isinstance(left, tuple):
            if len(left) != len(right):
                return False
            waiting.extend(zip(left, right, strict=True))
        elif is_dataclass(left) and not isinstance(left, Span):
            waiting.extend((getattr(left, f.name), getattr(right, f.name)) for f in fields(left))
        elif not isinstance(left, Span) and repr(left) != repr(right):
            return False
    return True

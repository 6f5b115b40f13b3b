"""Walking a syntax tree, whatever kinds of nodes it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import TypeVar

from mergec.diagnostics import Source, Span
from mergec.syntax import tree
from mergec.syntax.merge_language import read_statements

Node = TypeVar("Node")


def statements_in(text: str) -> tuple[tree.Statement, ...]:
    """The statements of a text that can be read."""
    return read_statements(Source("", text))


def nodes_in(node: object, kind: type[Node]) -> Iterator[Node]:
    """Every node of a kind, `node` itself included, those of the outside first."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, kind):
            yield part
        if isinstance(part, tuple):
            waiting.extend(reversed(part))
        elif is_dataclass(part) and not isinstance(part, Source | Span):
            waiting.extend(reversed([getattr(part, f.name) for f in fields(part)]))

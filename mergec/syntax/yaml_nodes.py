"""YAML text read as nodes that know their places. Nothing is constructed, and no text can make it large or slow.

Anchors and merge keys (`<<`) are followed, within limits that count a node as often as it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mergec.diagnostics import Span

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 64
MAX_NODES = 100_000
LONGEST_RESOLVED = 400
"""A plain scalar with more characters is text, whatever it looks like; no parameter has so long a value."""


class ScalarKind(Enum):
    """What YAML 1.1, as PyYAML reads it, takes a scalar for."""

    TEXT = "text"
    INTEGER = "a whole number"
    FLOAT = "a number"
    FLAG = "true or false"
    NULL = "nothing"
    DATE = "a date"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value. `plain` if it was written without quotes."""

    text: str
    kind: ScalarKind
    plain: bool
    span: Span

    nodes = 1
    """How many nodes this is when every alias in it is written out."""


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]
    span: Span
    nodes: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value; `span` is both as written, up to the alias where the value is one."""

    key: Scalar
    value: Node
    span: Span

    @property
    def place(self) -> Span:
        """The value, or the key where there is no value to point at."""
        return self.value.span if self.value.span.text.strip() else self.key.span


@dataclass(frozen=True, slots=True)
class Mapping:
    """Distinct keys in the order written; what merge keys bring in comes first."""

    entries: tuple[Entry, ...]
    span: Span
    nodes: int

    def get(self, key: str) -> Entry | None:
        return next((e for e in self.entries if e.key.text == key), None)


Node = Scalar | Sequence | Mapping


def is_null(node: Node) -> bool:
    """Whether a key was written without a value, or with `null` or `~`."""
    return isinstance(node, Scalar) and node.kind is ScalarKind.NULL


def kind_of(node: Node) -> str:
    """What a message calls a node."""
    match node:
        case Scalar():
            return node.kind.value
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"


def shown(text: str, limit: int = 60) -> str:
    """Text from a recipe as a message quotes it: on one line, printable, not too long."""
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    if short.isprintable():
        return short
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in short)

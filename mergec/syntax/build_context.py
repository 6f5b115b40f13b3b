"""What every builder of syntax tree nodes needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mergec.diagnostics import Report, Source, Span
from mergec.syntax.tree import Name

if TYPE_CHECKING:
    from lark import Token
    from lark.tree import Meta


@dataclass(frozen=True, slots=True)
class Context:
    """The text being read, where in it the parsed part starts, and where findings go."""

    source: Source
    offset: int
    report: Report

    def at(self, node: Token | Meta) -> Span:
        """The place of a token, or of the node that `node` describes."""
        return Span(self.source, self.offset + (node.start_pos or 0), self.offset + (node.end_pos or 0))

    @property
    def nowhere(self) -> Span:
        """The place of a node that has no text of its own."""
        return Span(self.source, self.offset, self.offset)

    def name(self, token: Token) -> Name:
        return Name(str(token), self.at(token))

"""Where and why a parse stopped, free of lark."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mergec.diagnostics import Source, Span
from mergec.syntax.limits import pieces
from mergec.syntax.words import END

if TYPE_CHECKING:
    from lark.exceptions import UnexpectedInput


BAD_NUMBER = "BAD_NUMBER"
_LIKE_A_NUMBER = re.compile(r"\.?[0-9][\w.]*")


@dataclass(frozen=True, slots=True)
class Failure:
    """The first thing in a part of a text that cannot stand where it stands.

    place: the offending token or character; empty at the end of the part. found: the name of its terminal, `$END`,
    `BAD_NUMBER` for what only begins like a number, or the character with which no terminal begins. expected: names of
    the terminals that could have stood there. before: the token before it, an empty place if there is none. open: the
    innermost bracket still open there.
    """

    place: Span
    found: str
    expected: frozenset[str]
    before: Span
    open: Span | None


def failure_of(error: UnexpectedInput, source: Source, start: int, end: int) -> Failure:
    """What lark's `error` says of `source.text[start:end]`, the text it was given."""
    from lark.exceptions import UnexpectedToken

    if isinstance(error, UnexpectedToken) and error.token.type != END:
        place = Span(source, start + (error.token.start_pos or 0), start + (error.token.end_pos or 0))
        found = error.token.type
    elif isinstance(error, UnexpectedToken):
        place, found = Span(source, end, end), END
    else:
        place, found = _unreadable(source, start + (error.pos_in_stream or 0))
    before, opened = _context(source, start, place.start)
    expected = frozenset(error.interactive_parser.accepts())  # type: ignore[no-untyped-call]
    return Failure(place, found, expected, before, opened)


def _unreadable(source: Source, at: int) -> tuple[Span, str]:
    number = _LIKE_A_NUMBER.match(source.text, at)
    if number:
        return Span(source, at, number.end()), BAD_NUMBER
    return Span(source, at, at + 1), source.text[at]


def _context(source: Source, start: int, end: int) -> tuple[Span, Span | None]:
    """The last token between `start` and `end`, and the innermost bracket open at `end`."""
    last = Span(source, start, start)
    open_brackets = []
    for piece in pieces(source.text, start, end):
        last = Span(source, piece.start, piece.end)
        if piece.kind == "open":
            open_brackets.append(Span(source, piece.start, piece.start + 1))
        elif piece.kind == "close" and open_brackets:
            open_brackets.pop()
    return last, open_brackets[-1] if open_brackets else None

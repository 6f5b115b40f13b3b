"""What is refused before parsing: characters that have no business in a recipe, and texts built to exhaust a parser."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from mergec.diagnostics import Code, Report, Source, Span

MAX_CHARACTERS = 1_000_000
MAX_PIECES = 50_000
MAX_WORD = 250
MAX_DEPTH = 200

# Controls other than tab, line feed and carriage return; surrogates; and the marks that make text display in another
# order than it is read, by which a recipe could look like what it is not.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")

# A regular expression stands after a bracket or a word of logic; elsewhere `/` divides.
_PIECE = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<text>"(?:[^"\\\n]|\\.)*"?)
      | (?P<open>[(\[{])(?:\s*/(?:[^/\\\n]|\\.)+/)?
      | (?P<close>[)\]}])
      | (?:and|or|not)\b\s*/(?:[^/\\\n]|\\.)+/
      | (?P<word>[\w.]+)
      | [^\s\w]""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A rough token. kind: `text`, `open`, `close`, `word`, or None for the rest."""

    kind: str | None
    start: int
    end: int


def pieces(text: str, start: int, end: int) -> Iterator[Piece]:
    """The rough tokens of a part of `text`, comments left out."""
    for match in _PIECE.finditer(text, start, end):
        if match.lastgroup != "comment":
            yield Piece(match.lastgroup, match.start(), match.end())


def within_limits(source: Source, report: Report) -> bool:
    """Report what must not reach the parser; time grows with the length of the text and no faster."""
    text = source.text
    if len(text) > MAX_CHARACTERS:
        _too_complex(f"the recipe is longer than {MAX_CHARACTERS:,} characters", Span(source, 0, 0), report)
        return False
    bad = _FORBIDDEN.search(text)
    if bad:
        _forbidden_character(Span(source, bad.start(), bad.end()), report)
        return False
    return _pieces_within_limits(source, report)


def _pieces_within_limits(source: Source, report: Report) -> bool:
    depth = 0
    for count, piece in enumerate(pieces(source.text, 0, len(source.text)), start=1):
        depth = max(depth + {"open": 1, "close": -1}.get(piece.kind or "", 0), 0)
        span = Span(source, piece.start, piece.end)
        if count > MAX_PIECES:
            _too_complex(f"the recipe has more than {MAX_PIECES:,} words and signs", span, report)
        elif depth > MAX_DEPTH:
            too_deep(span, report)
        elif piece.kind == "word" and piece.end - piece.start > MAX_WORD:
            _too_complex(f"this word is longer than {MAX_WORD} characters", span, report)
        else:
            continue
        return False
    return True


def too_deep(span: Span, report: Report) -> None:
    """Report a value or selector that nests, or chains operators, too deeply."""
    _too_complex(f"this is nested more than {MAX_DEPTH} deep", span, report, "name parts of it with `let` or `merge`")


def _too_complex(message: str, span: Span, report: Report, remedy: str | None = None) -> None:
    report.error(Code.TOO_COMPLEX, message, span, help=remedy)


def describe_character(character: str) -> str:
    """`U+0000` or `U+2026 (horizontal ellipsis)`: a character that is best not printed."""
    name = unicodedata.name(character, "").lower()
    return f"U+{ord(character):04X}" + (f" ({name})" if name else "")


def _forbidden_character(span: Span, report: Report) -> None:
    report.error(
        Code.SYNTAX,
        f"the character {describe_character(span.text)} cannot stand in a recipe",
        span,
        help="a recipe is plain text in UTF-8" if span.text == "\x00" else "remove it",
    )

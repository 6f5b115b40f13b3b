"""The words and signs of a text in the merge language, whether or not it can be parsed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from mergec.syntax.limits import MAX_PIECES
from mergec.syntax.words import STATEMENTS

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<text>"(?:[^"\\\n]|\\.)*"?)
      | (?P<number>(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<sign>\*\*|\.\.|[^\s\w])""",
    re.VERBOSE,
)
_REGEX = re.compile(r"/(?:[^/\\\n]|\\.)+/?")
_LOGIC = frozenset(("and", "or", "not"))


@dataclass(frozen=True, slots=True)
class Token:
    """kind: `comment`, `text` (a string, perhaps not closed), `number`, `name`, `regex` or `sign`."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def is_closed(self) -> bool:
        """Whether a string or a regular expression has its closing sign."""
        return len(self.text) > 1 and self.text[-1] == self.text[0] and not self.text.endswith('\\"')

    def holds(self, offset: int) -> bool:
        """Whether a cursor at `offset` is inside the token, not at its edges."""
        inside_of_open = self.kind == "comment" or (self.kind in ("text", "regex") and not self.is_closed)
        return self.start < offset < self.end or (offset == self.end and inside_of_open)

    def touches(self, offset: int) -> bool:
        """Whether a cursor at `offset` is in the token or at one of its edges."""
        return self.start <= offset <= self.end


@lru_cache(maxsize=8)
def tokenise(text: str) -> tuple[Token, ...]:
    """The tokens of a text, of a very long one the first."""
    found: list[Token] = []
    at = 0
    while len(found) < MAX_PIECES and (match := _TOKEN.search(text, at)):
        if match[0] == "/" and _may_be_regex(found) and (regex := _REGEX.match(text, match.start())):
            found.append(Token("regex", regex[0], regex.start()))
        else:
            found.append(Token(match.lastgroup or "sign", match[0], match.start()))
        at = found[-1].end
    return tuple(found)


def _may_be_regex(before: Sequence[Token]) -> bool:
    """A regular expression stands after `[`, a word of logic, or parentheses opened after one of these."""
    for token in reversed(before):
        if token.text != "(":
            return token.text == "[" or token.text in _LOGIC
    return False


def statement_starts(text: str, tokens: Sequence[Token]) -> tuple[int, ...]:
    """Indices of the tokens that begin a statement: its words, where nothing else stands before them on the line."""
    return tuple(
        i
        for i, token in enumerate(tokens)
        if token.text in STATEMENTS
        and token.kind == "name"
        and (i == 0 or "\n" in text[tokens[i - 1].end : token.start])
    )

"""A text of the merge language as tokens that carry the comments beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

BLANK = ""
"""Stands for a blank line among comments."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or sign. kind: the grammar's name for it, `$END` behind the last.

    before: the comments on lines of their own before it, and `BLANK` for each run of blank lines. after: the comment
    that ends its line. breaks: whether it is the first on its line.
    """

    kind: str
    text: str
    before: tuple[str, ...] = ()
    after: str | None = None
    breaks: bool = False

    @property
    def comments(self) -> tuple[str, ...]:
        """Those before it."""
        return tuple(line for line in self.before if line != BLANK)


def with_comments(text: str, words: Iterable[tuple[str, int, int]]) -> list[Token]:
    """Tokens of `text`, given as kind, start and end, and what stands between them; the last one is `$END`."""
    found: list[Token] = []
    at = 0
    for kind, start, end in (*words, ("$END", len(text), len(text))):
        same_line, *below = text[at:start].split("\n")
        _, sign, comment = same_line.partition("#")
        if found and sign:
            found[-1] = replace(found[-1], after=f"#{comment}".rstrip())
        elif sign:
            below.insert(0, same_line)
        lines = below[:-1] if kind != "$END" else below
        before = tuple(_lines(line.strip().strip("\ufeff").strip() for line in lines))
        found.append(Token(kind, text[start:end], before, None, bool(below)))
        at = end
    return list(_commas_first(found))


def _lines(lines: Iterable[str]) -> Iterator[str]:
    """Comments as they are, and one blank line for many."""
    before = None
    for line in lines:
        shown = line if line.startswith("#") else BLANK
        if shown != BLANK or before != BLANK:
            yield shown
        before = shown


def _commas_first(tokens: list[Token]) -> Iterator[Token]:
    """Comments between a value and its comma, moved behind the comma."""
    moved: tuple[str, ...] = ()
    held: str | None = None
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        token = replace(token, before=(*moved, *token.before)) if moved else token
        moved = ()
        if token.kind == "COMMA":
            first, *rest = (held, *token.comments, token.after)
            moved = tuple(comment for comment in rest if comment is not None)
            if first is None and moved and not token.comments:
                first, moved = token.after, ()
            token = replace(token, before=(), after=first)
            held = None
        elif following is not None and following.kind == "COMMA":
            held, token = token.after, replace(token, after=None)
        yield token

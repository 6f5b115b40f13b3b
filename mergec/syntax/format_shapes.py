"""How wide tokens are on one line, and which brackets are kept whole, opened or filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from mergec.syntax.format_marks import ENDS_VALUE, Brackets, Holds, Marks
from mergec.syntax.format_tokens import Token

LONGEST_ALIGNED = 40
"""Heads of rules and statements longer than this stay out of the column of `=`."""

_LONGEST_UNBROKEN = {Holds.ARGUMENTS: 16, Holds.GROUP: LONGEST_ALIGNED, Holds.RULES: 0}
"""Brackets that hold no more characters than this are not broken, even if a line gets too long."""

_FEW = 6
_ATTACHED = frozenset({"COMMA", "DOT", "DOTS", "RPAR", "RSQB"})
_CALLED = frozenset({"NAME", "RANK"})
_INDEXED = ENDS_VALUE | {"LAYERS"}


@dataclass(frozen=True, slots=True)
class Shapes:
    """Of brackets, by the indices of what opens them: which are rigid, never broken; which are expanded, with a rule on
    each line; which are lists of many numbers, of which as many as fit stand on a line.

    gaps: what stands between a token and the one before it, on one line. ends: the column behind each token, were all
    on one line. notes: how many comments there are before each token.
    """

    gaps: tuple[str, ...]
    ends: tuple[int, ...]
    notes: tuple[int, ...]
    rigid: frozenset[int]
    expanded: frozenset[int]
    lists: frozenset[int]

    def width(self, first: int, last: int) -> int | None:
        """How wide tokens are on one line; None if a comment is between them."""
        return _width(self.gaps, self.ends, self.notes, first, last)


def shapes_of(tokens: Sequence[Token], marks: Marks) -> Shapes:
    """The shapes of the tokens of a text that parses."""
    gaps = ("", *(_gap(i, tokens, marks) for i in range(1, len(tokens))))
    ends = tuple(accumulate(len(gap) + len(token.text) for gap, token in zip(gaps, tokens, strict=True)))
    notes = tuple(
        accumulate(len(t.comments) + (i > 0 and tokens[i - 1].after is not None) for i, t in enumerate(tokens))
    )
    opened = [b for i, b in marks.brackets.items() if i == b.open]
    rigid = (b.open for b in opened if _is_rigid(b, _width(gaps, ends, notes, b.open, b.close), tokens))
    expanded = (b.open for b in opened if b.holds is Holds.RULES and _is_expanded(b, tokens, marks))
    lists = (b.open for b in opened if b.holds is Holds.ARGUMENTS and _is_list(b, marks))
    return Shapes(gaps, ends, notes, frozenset(rigid), frozenset(expanded), frozenset(lists))


def _gap(i: int, tokens: Sequence[Token], marks: Marks) -> str:
    before, token = tokens[i - 1], tokens[i]
    if token.kind in _ATTACHED:
        return " " if token.kind == "DOTS" and before.text.endswith(".") else ""
    if before.kind in ("DOT", "DOTS", "LPAR", "LSQB") or i - 1 in marks.signs:
        return ""
    if before.kind in {"LPAR": _CALLED, "LSQB": _INDEXED}.get(token.kind, ()):
        return ""
    is_tight = {i - 1, i} <= marks.tight and before.kind != "COMMA"
    return "" if is_tight and not (_is_word(before) and _is_word(token)) else " "


def _is_word(token: Token) -> bool:
    return token.text[-1:].isalnum() or token.text.endswith(("_", '"'))


def _width(gaps: Sequence[str], ends: Sequence[int], notes: Sequence[int], first: int, last: int) -> int | None:
    if notes[last] > notes[first]:
        return None
    return ends[last] - (ends[first - 1] + len(gaps[first]) if first else 0)


def _is_rigid(brackets: Brackets, width: int | None, tokens: Sequence[Token]) -> bool:
    is_small = width is not None and width - 2 <= _LONGEST_UNBROKEN[brackets.holds]
    is_open = tokens[brackets.close - 1].kind == "COMMA"
    return brackets.open + 1 == brackets.close or (is_small and not is_open)


def _is_expanded(brackets: Brackets, tokens: Sequence[Token], marks: Marks) -> bool:
    """Whether braces hold one rule a line: where there are several, or they were written so."""
    items = sum(i in marks.items for i in brackets.inside)
    return items > 1 or (items == 1 and tokens[brackets.open + 1].breaks)


def _is_list(brackets: Brackets, marks: Marks) -> bool:
    items = [(i, marks.items[i]) for i in brackets.inside if i in marks.items]
    return len(items) > _FEW and all(last - first <= (first in marks.signs) for first, last in items)

"""What a formatter needs to know of each token of a text that parses: where statements, rules and arguments begin and
end, where a line may break, which signs stand close to their neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from mergec.syntax.format_tokens import Token
from mergec.syntax.words import STATEMENT_TERMINALS

OPEN = frozenset({"LPAR", "LSQB", "LBRACE"})
CLOSE = frozenset({"RPAR", "RSQB", "RBRACE"})
ENDS_VALUE = frozenset({"NAME", "NUMBER", "STRING", "TRUE", "FALSE", "REGEX", *CLOSE})
"""Tokens with which a value can end, so that a minus behind them is between two values."""

_LOOSENESS = {"OR": 4, "AND": 3, "PLUS": 2, "MINUS": 2, "STAR": 1, "SLASH": 1}


class Holds(Enum):
    """What brackets hold."""

    ARGUMENTS = "arguments of a call, or parameters of a function"
    GROUP = "a value, a selector or a range"
    RULES = "rules or settings"


@dataclass(slots=True)
class Brackets:
    """A pair of brackets, by the indices of its tokens; `inside` are those directly in it, inner brackets included."""

    holds: Holds
    open: int
    close: int = 0
    inside: list[int] = field(default_factory=list)
    is_range: bool = False
    has_for: bool = False


@dataclass(slots=True)
class Marks:
    """What is known of the tokens of a text, by their indices.

    brackets: by the index of either bracket. items: last token of each statement, rule, setting and argument, by its
    first. loose: operators of an item before which it may break, those that bind least. tight: what stands in a range
    of layers or numbers. signs: minus signs of a single value. equals: where the head of an item ends, by its first.
    """

    brackets: dict[int, Brackets] = field(default_factory=dict)
    items: dict[int, int] = field(default_factory=dict)
    loose: set[int] = field(default_factory=set)
    tight: set[int] = field(default_factory=set)
    signs: set[int] = field(default_factory=set)
    equals: dict[int, int] = field(default_factory=dict)


def mark(tokens: Sequence[Token]) -> Marks:
    """The marks of the tokens of a text that parses; the last of them is `$END`."""
    marks = Marks()
    outermost = _find_brackets(tokens, marks)
    _mark_tight(tokens, marks)
    for i in range(len(tokens) - 1):
        if tokens[i].kind == "MINUS" and (i == 0 or tokens[i - 1].kind not in ENDS_VALUE):
            marks.signs.add(i)
    starts = [i for i in outermost if tokens[i].kind in STATEMENT_TERMINALS]
    _mark_items(starts, outermost, tokens, marks)
    for i, brackets in marks.brackets.items():
        if i == brackets.open:
            _mark_items(_starts(brackets, tokens, marks), brackets.inside, tokens, marks)
    return marks


def _find_brackets(tokens: Sequence[Token], marks: Marks) -> list[int]:
    """All brackets; the tokens that stand in none of them, inner brackets included."""
    outermost: list[int] = []
    opened: list[Brackets] = []
    for i, token in enumerate(tokens[:-1]):
        if token.kind in CLOSE:
            opened[-1].close = i
            marks.brackets[i] = opened.pop()
        (opened[-1].inside if opened else outermost).append(i)
        if token.kind in OPEN:
            marks.brackets[i] = Brackets(_holds(tokens, i), i)
            opened.append(marks.brackets[i])
        elif opened:
            opened[-1].is_range |= token.kind == "DOTS"
            opened[-1].has_for |= token.kind == "FOR"
    return outermost


def _holds(tokens: Sequence[Token], i: int) -> Holds:
    if tokens[i].kind == "LBRACE":
        return Holds.RULES
    return Holds.ARGUMENTS if tokens[i].kind == "LPAR" and i and tokens[i - 1].kind == "NAME" else Holds.GROUP


def _mark_tight(tokens: Sequence[Token], marks: Marks) -> None:
    """Ranges in square brackets with all that stands in them; ranges of numbers from `in` to `by` or to the end."""
    levels = [False]
    for i, token in enumerate(tokens[:-1]):
        if token.kind in CLOSE:
            levels.pop()
        elif token.kind in STATEMENT_TERMINALS or token.kind == "BY":
            levels[-1] = False
        if levels[-1]:
            marks.tight.add(i)
        if token.kind in OPEN:
            is_range = token.kind == "LSQB" and marks.brackets[i].is_range
            levels.append(token.kind != "LBRACE" and (levels[-1] or is_range))
        elif token.kind == "IN":
            levels[-1] = True


def _starts(brackets: Brackets, tokens: Sequence[Token], marks: Marks) -> list[int]:
    """The first tokens of the items in brackets."""
    inside = [i for i in brackets.inside if i not in marks.brackets or i == marks.brackets[i].open]
    if brackets.holds is Holds.RULES:
        return [_start_of_rule(i, tokens, marks) for i in inside if tokens[i].kind == "EQUAL"]
    after_comma = [i for i in inside if tokens[i - 1].kind == "COMMA"]
    return [*inside[:1], *(i for i in after_comma if i != inside[0])]


def _start_of_rule(equal: int, tokens: Sequence[Token], marks: Marks) -> int:
    """From the `=` of a rule back over its selector, its parameter and its input."""
    before = equal - 1
    if before in marks.brackets:
        before = marks.brackets[before].open - 1
    return before - 2 if tokens[before - 1].kind == "DOT" else before


def _mark_items(starts: list[int], own: list[int], tokens: Sequence[Token], marks: Marks) -> None:
    """The items that start at `starts`, of tokens `own` that stand in the same brackets."""
    for first, members in _split(starts, own):
        kept = [i for i in members if tokens[i].kind != "COMMA"]
        marks.items[first] = kept[-1]
        equals = [i for i in kept if tokens[i].kind == "EQUAL"]
        if equals:
            marks.equals[first] = equals[0]
        operators = [i for i in kept if tokens[i].kind in _LOOSENESS and i not in marks.signs and i not in marks.tight]
        loosest = max((_LOOSENESS[tokens[i].kind] for i in operators), default=0)
        marks.loose.update(i for i in operators if _LOOSENESS[tokens[i].kind] == loosest)


def _split(starts: list[int], own: list[int]) -> Iterator[tuple[int, list[int]]]:
    ends = [*starts[1:], own[-1] + 1] if starts else []
    position = 0
    for start, end in zip(starts, ends, strict=True):
        members = []
        while position < len(own) and own[position] < end:
            if own[position] >= start:
                members.append(own[position])
            position += 1
        yield start, members

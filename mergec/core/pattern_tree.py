"""Regular expressions read into trees: the part of Python's that needs no memory of what was matched."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

MOST_CHARACTERS = 1000
DEEPEST = 50
MOST_TIMES = 1000

_CLASSES: dict[str, Callable[[str], bool]] = {
    "d": str.isdecimal,
    "w": lambda c: c.isalnum() or c == "_",
    "s": str.isspace,
}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}
_COUNT = re.compile(r"\{([0-9]{1,9})?(,)?([0-9]{1,9})?\}")
_GROUP = re.compile(r"\?(?::|P<[A-Za-z_]\w*>)")


class PatternError(ValueError):
    """A text is no pattern that can be used; says why, as a clause, and where in it."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(f"{why}, at character {at + 1}")


@dataclass(frozen=True, slots=True)
class Chars:
    """One character: in a range, or of a class; with `negated`, any other one."""

    ranges: tuple[tuple[str, str], ...]
    classes: tuple[tuple[str, bool], ...]
    negated: bool = False

    def has(self, character: str) -> bool:
        """Whether a character is one of these."""
        found = any(low <= character <= high for low, high in self.ranges)
        found = found or any(_CLASSES[letter](character) is wanted for letter, wanted in self.classes)
        return found is not self.negated


@dataclass(frozen=True, slots=True)
class Boundary:
    """A place between characters: `^`, `$`, `b` (the edge of a word) or `B` (no such edge)."""

    kind: str


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The item at least, and at most so many times (None: without end)."""

    item: Item
    least: int
    most: int | None


Item = Chars | Boundary | Sequence | Choice | Repeat


def read_pattern(text: str) -> Item:
    """The tree of a pattern. Raises PatternError."""
    if len(text) > MOST_CHARACTERS:
        raise PatternError(f"it is longer than {MOST_CHARACTERS} characters", MOST_CHARACTERS)
    reader = _Reader(text)
    item = reader.choice()
    if reader.at < len(text):
        raise PatternError("`)` closes nothing", reader.at)
    return item


class _Reader:
    """Reads a text from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def next(self) -> str:
        """The next character; empty at the end."""
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        self.at += 1
        return self.text[self.at - 1]

    def choice(self) -> Item:
        items = [self.sequence()]
        while self.next() == "|":
            self.at += 1
            items.append(self.sequence())
        return items[0] if len(items) == 1 else Choice(tuple(items))

    def sequence(self) -> Item:
        items = []
        while self.next() not in ("", "|", ")"):
            items.append(self.repeated())
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def repeated(self) -> Item:
        start = self.at
        times = self.times()
        if times is not None:
            raise PatternError("there is nothing to repeat", start)
        item = self.single()
        start = self.at
        times = self.times()
        if times is None:
            return item
        if isinstance(item, Boundary):
            raise PatternError("there is nothing to repeat", start)
        if self.next() == "?":
            self.at += 1  # matches the same texts, the shortest first
        start = self.at
        if self.next() == "+" or self.times() is not None:
            raise PatternError("a repetition is repeated without parentheses", start)
        return Repeat(item, *times)

    def times(self) -> tuple[int, int | None] | None:
        """The numbers of a repetition, if one stands here."""
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if self.next() in simple:
            return simple[self.take()]
        found = _COUNT.match(self.text, self.at)
        if found is None or found[0] == "{}":
            return None
        least = int(found[1] or 0)
        most = (int(found[3]) if found[3] else None) if found[2] else least
        if max(least, most or 0) > MOST_TIMES:
            raise PatternError(f"more than {MOST_TIMES} repetitions", self.at)
        if most is not None and most < least:
            raise PatternError("the most is less than the least", self.at)
        self.at = found.end()
        return least, most

    def single(self) -> Item:
        start = self.at
        match self.take():
            case ".":
                return Chars((("\n", "\n"),), (), negated=True)
            case "^" | "$" as edge:
                return Boundary(edge)
            case "(":
                return self.group(start)
            case "[":
                return self.set(start)
            case "\\":
                return self.escape(start)
            case character:
                return Chars(((character, character),), ())

    def group(self, start: int) -> Item:
        if self.next() == "?":
            kind = _GROUP.match(self.text, self.at)
            if kind is None:
                why = "a group is written `(…)` or `(?:…)`; nothing looks ahead or behind, and there are no flags"
                raise PatternError(why, start)
            self.at = kind.end()
        self.depth += 1
        if self.depth > DEEPEST:
            raise PatternError(f"groups nest more than {DEEPEST} deep", start)
        item = self.choice()
        self.depth -= 1
        if self.next() != ")":
            raise PatternError("`(` is not closed", start)
        self.at += 1
        return Sequence((item,)) if isinstance(item, Boundary) else item

    def escape(self, start: int) -> Item:
        letter = self.next()
        if letter and letter in "bBAZ":
            self.at += 1
            return Boundary({"A": "^", "Z": "$"}.get(letter, letter))
        if letter.lower() in _CLASSES:
            self.at += 1
            return Chars((), ((letter.lower(), letter.islower()),))
        character = self.escaped(start)
        return Chars(((character, character),), ())

    def escaped(self, start: int) -> str:
        """The character that stands behind a backslash."""
        if not self.next():
            raise PatternError("a backslash stands at the end", start)
        letter = self.take()
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter in "0123456789":
            raise PatternError("a pattern cannot ask for what a group matched before", start)
        if letter.isascii() and letter.isalpha():
            raise PatternError(f"`\\{letter}` means nothing", start)
        return letter

    def set(self, start: int) -> Chars:
        negated = self.next() == "^"
        self.at += negated
        ranges: list[tuple[str, str]] = []
        classes: list[tuple[str, bool]] = []
        first = self.at
        while self.next() != "]" or self.at == first:
            if not self.next():
                raise PatternError("`[` is not closed", start)
            low = self.member()
            high = self.range_end()
            if isinstance(low, tuple) and high is None:
                classes.append(low)
            elif isinstance(low, tuple) or isinstance(high, tuple) or (high is not None and high < low):
                raise PatternError("this is no range of characters", self.at - 1)
            else:
                ranges.append((low, high or low))
        self.at += 1
        return Chars(tuple(ranges), tuple(classes), negated)

    def range_end(self) -> str | tuple[str, bool] | None:
        """What stands behind the `-` of a range, if one stands here."""
        if self.next() != "-" or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return None
        self.at += 1
        return self.member()

    def member(self) -> str | tuple[str, bool]:
        """A character of a set, or a class: its letter, and whether it is wanted."""
        start = self.at
        character = self.take()
        if character != "\\":
            return character
        letter = self.next()
        if letter and letter.lower() in _CLASSES:
            self.at += 1
            return letter.lower(), letter.islower()
        return self.escaped(start)

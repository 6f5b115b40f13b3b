"""Regular expressions in time that grows with the length of the name and no faster, whatever the expression.

All ways to match are followed at once (Thompson, "Regular Expression Search Algorithm", CACM 11(6), 1968), and what was
found out for one set of ways is kept for the next name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from mergec.core.pattern_tree import Boundary, Chars, Choice, Item, PatternError, Repeat, Sequence, read_pattern

MOST_STATES = 1200
_MOST_KEPT = 20_000
_EDGE, _WORD, _OTHER = range(3)
"""What stands before a place: nothing, a character of a word, another one."""

_FOUND = -1


@dataclass(frozen=True, slots=True)
class _State:
    """A place in the pattern. `test` passes a character or a boundary; without one all of `then` go on freely."""

    test: Chars | Boundary | None
    then: tuple[int, ...]


_Ways = tuple[frozenset[int], int]
"""The places in the pattern that a match may have come to, and what stands before the place in the name."""


@dataclass(slots=True)
class Pattern:
    """A regular expression, ready to be looked for."""

    states: tuple[_State, ...]
    first: int
    last: int
    _ways: list[_Ways] = field(default_factory=list)
    _numbers: dict[_Ways, int] = field(default_factory=dict)
    _steps: dict[tuple[int, str], int] = field(default_factory=dict)

    def found_in(self, name: str) -> bool:
        """Whether it matches somewhere in a name."""
        steps = self._steps
        if len(steps) > _MOST_KEPT:
            self._forget()
        here = self._number((frozenset(), _EDGE))
        for character in name:
            after = steps.get((here, character))
            here = self._step(here, character) if after is None else after
            if here == _FOUND:
                return True
        return self._step(here, "") == _FOUND

    def _number(self, ways: _Ways) -> int:
        if ways not in self._numbers:
            self._numbers[ways] = len(self._ways)
            self._ways.append(ways)
        return self._numbers[ways]

    def _forget(self) -> None:
        self._steps.clear()
        self._numbers.clear()
        self._ways.clear()

    def _step(self, here: int, character: str) -> int:
        """The ways on over a character, or over the end of the name if it is empty."""
        ways, before = self._ways[here]
        reached = self._reached((ways | {self.first}, before), character)
        if self.last in reached:
            after = _FOUND
        else:
            passed = (self.states[i] for i in reached if _passes(self.states[i].test, character))
            after = self._number((frozenset(i for state in passed for i in state.then), _kind(character)))
        self._steps[here, character] = after
        return after

    def _reached(self, start: _Ways, character: str) -> set[int]:
        """The places that can be come to without passing a character."""
        ways, before = start
        after = _kind(character)
        reached: set[int] = set()
        waiting = list(ways)
        while waiting:
            i = waiting.pop()
            if i in reached:
                continue
            reached.add(i)
            state = self.states[i]
            if state.test is None or (isinstance(state.test, Boundary) and _holds(state.test.kind, before, after)):
                waiting.extend(state.then)
        return reached


def compile_pattern(text: str) -> Pattern:
    """A pattern from its text. Raises PatternError."""
    return Pattern(*_states_of(text))


@lru_cache(maxsize=1024)
def _states_of(text: str) -> tuple[tuple[_State, ...], int, int]:
    """The states of a pattern, the first and the last of them."""
    builder = _Builder()
    last = builder.add(None, ())
    first = builder.build(read_pattern(text), last)
    return tuple(builder.states), first, last


class _Builder:
    """Builds states from the end of a pattern to its beginning."""

    def __init__(self) -> None:
        self.states: list[_State] = []

    def add(self, test: Chars | Boundary | None, then: tuple[int, ...]) -> int:
        if len(self.states) >= MOST_STATES:
            raise PatternError("written out it is too long", 0)
        self.states.append(_State(test, then))
        return len(self.states) - 1

    def build(self, item: Item, then: int) -> int:
        """The first state of an item after which the state `then` comes."""
        match item:
            case Chars() | Boundary():
                return self.add(item, (then,))
            case Sequence():
                for part in reversed(item.items):
                    then = self.build(part, then)
                return then
            case Choice():
                return self.add(None, tuple(self.build(part, then) for part in item.items))
            case Repeat():
                return self.repeat(item, then)

    def repeat(self, item: Repeat, then: int) -> int:
        if item.most is None:
            loop = self.add(None, ())
            self.states[loop] = _State(None, (self.build(item.item, loop), then))
            then = loop
        else:
            end = then
            for _ in range(item.most - item.least):
                then = self.add(None, (self.build(item.item, then), end))
        for _ in range(item.least):
            then = self.build(item.item, then)
        return then


def _passes(test: Chars | Boundary | None, character: str) -> bool:
    return isinstance(test, Chars) and character != "" and test.has(character)


def _kind(character: str) -> int:
    if not character:
        return _EDGE
    return _WORD if character.isalnum() or character == "_" else _OTHER


def _holds(boundary: str, before: int, after: int) -> bool:
    match boundary:
        case "^":
            return before == _EDGE
        case "$":
            return after == _EDGE
        case "b":
            return (before == _WORD) != (after == _WORD)
        case _:
            return (before == _WORD) == (after == _WORD)

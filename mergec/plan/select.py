"""Selectors as predicates over tensors."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from mergec.core.anatomy import Place
from mergec.core.pattern import compile_pattern
from mergec.syntax import tree


@dataclass(frozen=True, slots=True)
class Subject:
    """What a selector looks at.

    name: the output tensor's name. filtered: the name that mergekit's filters look at. place: in the merge.
    """

    name: str
    filtered: str
    place: Place
    rank: int


Predicate = Callable[[Subject], bool]


def everything(subject: Subject) -> bool:
    """The predicate of a rule without a selector."""
    return True


def compile_selector(selector: tree.Selector | None) -> Predicate:
    """A predicate that decides as the selector does."""
    match selector:
        case None:
            return everything
        case tree.Role():
            role = selector.name
            return lambda s: role in s.place.roles
        case tree.InLayers():
            return _in_layers(selector.first, selector.end)
        case tree.HasRank():
            rank = selector.rank
            return lambda s: s.rank == rank
        case tree.Glob():
            matches = glob_pattern(selector.pattern).fullmatch
            return lambda s: matches(s.name) is not None
        case tree.Regex():
            found_in = compile_pattern(selector.pattern).found_in
            return lambda s: found_in(s.name)
        case tree.Contains():
            text = selector.text
            return lambda s: text in s.filtered
        case tree.Not():
            inner = compile_selector(selector.operand)
            return lambda s: not inner(s)
        case tree.And():
            left, right = compile_selector(selector.left), compile_selector(selector.right)
            return lambda s: left(s) and right(s)
        case tree.Or():
            one, other = compile_selector(selector.left), compile_selector(selector.right)
            return lambda s: one(s) or other(s)


def _in_layers(first: int | None, end: int | None) -> Predicate:
    def inside(subject: Subject) -> bool:
        place = subject.place
        if place.layer is None:
            return False
        low = 0 if first is None else first if first >= 0 else first + place.layers
        high = place.layers if end is None else end if end >= 0 else end + place.layers
        return low <= place.layer < high

    return inside


@lru_cache(maxsize=1024)
def glob_pattern(pattern: str) -> re.Pattern[str]:
    """A glob as a regular expression: `*` is any run of characters, `?` any one, the rest stands for itself."""
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))

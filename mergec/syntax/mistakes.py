"""Recognising common mistakes: `grammar/mistakes.toml` lists them by example."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mergec.syntax.failure import Failure
from mergec.syntax.grammar_text import read_grammar_file
from mergec.syntax.words import without_continuations

FirstFailure = Callable[[str], Failure | None]
"""Parses a text and gives its first failure."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What to say of a mistake, and the samples that show it.

    anywhere: a failure at the same kind of token is this mistake wherever it stands; otherwise the same things must
    have been expected, inside the same kind of bracket. at: a pattern the text must match from the place of the
    failure. stop: what follows in the file is not worth reporting.
    """

    says: str
    help: str
    samples: tuple[str, ...]
    anywhere: bool = False
    at: str = ""
    stop: bool = False


def read_mistakes() -> tuple[Mistake, ...]:
    """All mistakes of `grammar/mistakes.toml`, in its order."""
    from tomllib import loads

    tables = loads(read_grammar_file("mistakes.toml"))["mistake"]
    return tuple(Mistake(**{**table, "samples": tuple(table["samples"])}) for table in tables)


def recognise(failure: Failure, mistakes: Iterable[Mistake], first_failure: FirstFailure) -> Mistake | None:
    """The first of `mistakes` one of whose samples fails as `failure` does."""
    for mistake in mistakes:
        if not re.compile(mistake.at).match(failure.place.source.text, failure.place.start):
            continue
        for sample in mistake.samples:
            shown = first_failure(sample)
            if shown and _alike(shown, failure, anywhere=mistake.anywhere):
                return mistake
    return None


def _alike(shown: Failure, failure: Failure, *, anywhere: bool) -> bool:
    if shown.found != failure.found:
        return False
    return anywhere or _surroundings(shown) == _surroundings(failure)


def _surroundings(failure: Failure) -> tuple[frozenset[str], str]:
    return without_continuations(failure.expected), failure.open.text if failure.open else ""

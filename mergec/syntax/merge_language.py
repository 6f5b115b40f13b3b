"""The front end of the merge language: text to syntax tree. The grammar is `grammar/merge.lark`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from mergec.diagnostics import Code, Report, Source, Span
from mergec.syntax.build_context import Context
from mergec.syntax.build_tree import build_statements
from mergec.syntax.failure import Failure, failure_of
from mergec.syntax.grammar_text import read_grammar_file
from mergec.syntax.limits import within_limits
from mergec.syntax.mistakes import Mistake, read_mistakes, recognise
from mergec.syntax.syntax_errors import mistake_diagnostic, syntax_diagnostic
from mergec.syntax.tree import Document, Statement
from mergec.syntax.words import STATEMENTS

if TYPE_CHECKING:
    from lark import Lark

MAX_ERRORS = 20
_STATEMENT_START = re.compile(rf"^[ \t]*(?:{'|'.join(STATEMENTS)})\b", re.MULTILINE)


def parse_merge_language(source: Source, report: Report) -> Document | None:
    """The syntax tree of a `.merge` text; None, with the reasons in `report`, if anything in it is wrong.

    Each statement that starts a line is parsed by itself, so that an error in one does not hide the next one's.
    """
    if not within_limits(source, report):
        return None
    found = Report()
    statements = _parse(source, found)
    if not statements and not found.failed:
        found.error(Code.EMPTY_RECIPE, "the recipe is empty", Span(source, 0, 0), help=_FIRST_STEPS)
    for diagnostic in sorted(found.diagnostics, key=lambda d: d.span.start if d.span else 0):
        report.add(diagnostic)
    return None if found.failed else Document(source, statements)


def read_statements(source: Source) -> tuple[Statement, ...]:
    """The statements of a `.merge` text that can be read, whatever the others are like; nothing is reported."""
    if not within_limits(source, Report()):
        return ()
    results = (_parse_part(source, start, end, Report()) for start, end in _parts(source.text))
    return tuple(s for result in results if not isinstance(result, Failure) for s in result)


def terminals_after(text: str) -> frozenset[str] | None:
    """The terminals that may follow a text whose last statement is unfinished; None if that one is wrong already."""
    from lark.exceptions import UnexpectedInput

    start = max((match.start() for match in _STATEMENT_START.finditer(text)), default=0)
    try:
        state = _parser().parse_interactive(text[start:])
        state.exhaust_lexer()
    except UnexpectedInput:
        return None
    return frozenset(state.accepts())  # type: ignore[no-untyped-call]


def read_words(source: Source) -> list[tuple[str, int, int]]:
    """The tokens of a text that parses: the grammar's name of each, where it starts, where it ends."""
    begin = 1 if source.text.startswith("\ufeff") else 0
    state = _parser().parse_interactive(source.text[begin:])
    return [(t.type, begin + (t.start_pos or 0), begin + (t.end_pos or 0)) for t in state.iter_parse()]


_FIRST_STEPS = 'begin with `model base = "org/name"`; `mergec demo DIR` writes a recipe to try'


def _parse(source: Source, found: Report) -> tuple[Statement, ...]:
    statements: list[Statement] = []
    for start, end in _parts(source.text):
        result = _parse_part(source, start, end, found)
        if isinstance(result, Failure):
            if _explain(result, found) or len(found.diagnostics) >= MAX_ERRORS:
                break
        else:
            statements.extend(result)
    return tuple(statements)


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """The text cut before every statement that starts a line. No statement word can stand at another's middle."""
    begin = 1 if text.startswith("\ufeff") else 0
    cuts = [begin, *(match.start() for match in _STATEMENT_START.finditer(text)), len(text)]
    return pairwise(cuts)


def _parse_part(source: Source, start: int, end: int, found: Report) -> tuple[Statement, ...] | Failure:
    from lark.exceptions import UnexpectedInput

    try:
        parsed = _parser().parse(source.text[start:end])
    except UnexpectedInput as error:
        return failure_of(error, source, start, end)
    return build_statements(parsed, Context(source, start, found)) or ()


def _explain(failure: Failure, found: Report) -> bool:
    """Report a failure; True if the rest of the file is not worth reading."""
    mistake = recognise(failure, _mistakes(), _first_failure)
    found.add(mistake_diagnostic(failure, mistake) if mistake else syntax_diagnostic(failure))
    return mistake is not None and mistake.stop


@cache
def _first_failure(sample: str) -> Failure | None:
    source = Source("", sample)
    results = (_parse_part(source, start, end, Report()) for start, end in _parts(sample))
    return next((result for result in results if isinstance(result, Failure)), None)


@cache
def _mistakes() -> tuple[Mistake, ...]:
    return read_mistakes()


@cache
def _parser() -> Lark:
    from lark import Lark

    grammar = read_grammar_file("merge.lark")
    return Lark(grammar, start="document", parser="lalr", propagate_positions=True, cache=_tables_file() or False)


def _tables_file() -> str | None:
    """Where lark keeps the tables it makes of the grammar, a third of the time to read a recipe; None without a home.

    lark makes them anew where the grammar, lark or Python changed, or the file is damaged.
    """
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    directory = os.path.join(home, "mergec")
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
    except OSError:
        return None
    return os.path.join(directory, "merge-language.tables")

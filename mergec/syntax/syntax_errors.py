"""What to say of a text that does not follow the grammar."""

from __future__ import annotations

from mergec.core.suggest import did_you_mean
from mergec.diagnostics import Code, Diagnostic, Label, Span
from mergec.syntax.failure import Failure
from mergec.syntax.limits import describe_character
from mergec.syntax.mistakes import Mistake
from mergec.syntax.words import (
    CLOSERS,
    END,
    KEYWORD_TERMINALS,
    STATEMENT_TERMINALS,
    STATEMENTS,
    describe_expected,
)

_LONGEST_QUOTE = 40


def mistake_diagnostic(failure: Failure, mistake: Mistake) -> Diagnostic:
    """The sentence of a known mistake, at the place of `failure`."""
    return Diagnostic(Code.SYNTAX, mistake.says, _labels(failure), help=mistake.help or None)


def syntax_diagnostic(failure: Failure) -> Diagnostic:
    """The best sentence that fits any mistake: what was expected, and what was found."""
    word = failure.place.text
    if failure.found in KEYWORD_TERMINALS and "NAME" in failure.expected:
        message = f"`{word}` is a word of the language and cannot be a name"
        return Diagnostic(Code.SYNTAX, message, _labels(failure), help=f"use another name, such as `{word}_1`")
    if failure.found == "NAME" and failure.expected >= STATEMENT_TERMINALS and failure.open is None:
        return _not_a_statement(failure)
    if "PLUS" in failure.expected and (len(failure.found) == 1 or failure.found == "DOT"):
        return Diagnostic(Code.SYNTAX, f"{_found(failure)} cannot follow a value", _labels(failure))
    if failure.found == END and failure.open and CLOSERS[failure.open.text] in failure.expected:
        closer = describe_expected(frozenset({CLOSERS[failure.open.text]}))
        return Diagnostic(Code.SYNTAX, f"`{failure.open.text}` is not closed", _labels(failure, closer))
    expected = describe_expected(failure.expected)
    return Diagnostic(Code.SYNTAX, f"expected {expected}, found {_found(failure)}", _labels(failure, expected))


def _not_a_statement(failure: Failure) -> Diagnostic:
    word = failure.place.text
    return Diagnostic(
        Code.SYNTAX,
        f"no statement begins with `{_quote(word)}`",
        _labels(failure),
        help=did_you_mean(word, STATEMENTS, f"a statement begins with one of {', '.join(STATEMENTS)}"),
    )


def _labels(failure: Failure, expected: str = "") -> tuple[Label, ...]:
    """The place of the failure, at the end of a text behind its last token; and the bracket it may owe to."""
    at_end = failure.found == END
    place = Span(failure.before.source, failure.before.end, failure.before.end) if at_end else failure.place
    labels = [Label(place, f"{expected} is missing here" if expected and at_end else "")]
    if failure.open is not None and (at_end or _may_be_left_open(failure, failure.open)):
        labels.append(Label(failure.open, "opened here"))
    return tuple(labels)


def _may_be_left_open(failure: Failure, bracket: Span) -> bool:
    """Another bracket is closed, or a parenthesis could have been closed on a line before."""
    closer = CLOSERS[bracket.text]
    if failure.found in CLOSERS.values():
        return failure.found != closer
    return bracket.text != "{" and closer in failure.expected and bracket.line < failure.place.line


def _found(failure: Failure) -> str:
    text = failure.place.text
    if failure.found == END:
        rest = failure.place.source.text[failure.place.end :].split(maxsplit=1)
        return f"the next statement, `{rest[0]}`" if rest else "the end of the file"
    if len(failure.found) == 1 and not (failure.found.isascii() and failure.found.isprintable()):
        return f"the character {describe_character(failure.found)}"
    return f"`{_quote(text)}`"


def _quote(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"

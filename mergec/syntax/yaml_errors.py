"""What to say where a text is not YAML."""

from __future__ import annotations

from typing import Any

from mergec.diagnostics import Code, Diagnostic, Label, Report, Severity, Source, Span

MAX_FINDINGS = 100


class Refused(Exception):
    """A text that is not read any further, and why."""

    def __init__(self, code: Code, message: str, span: Span | None = None, *, help: str | None = None) -> None:
        super().__init__(message)
        labels = () if span is None else (Label(span),)
        self.diagnostic = Diagnostic(code, message, labels, help=help)


class Findings(Report):
    """A report that has room for so many findings of each severity: further warnings are dropped, and an error more
    stops the reading."""

    def __init__(self) -> None:
        super().__init__()
        self._room = {Severity.ERROR: MAX_FINDINGS, Severity.WARNING: MAX_FINDINGS}

    def add(self, diagnostic: Diagnostic) -> None:
        self._room[diagnostic.severity] -= 1
        if self._room[diagnostic.severity] >= 0:
            super().add(diagnostic)
        elif diagnostic.severity is Severity.ERROR:
            raise Refused(Code.TOO_COMPLEX, f"reading stopped after {MAX_FINDINGS} errors")


_NO_FIT = "this line does not fit the block above it"
_ONE_COLUMN = "keys of one mapping start in one column, and so do the `-` of one list"
_MEANINGS = (
    (
        "mapping values are not allowed",
        "there is a `:` where no key can stand",
        f"quote text with `: ` in it; {_ONE_COLUMN}",
    ),
    (
        "could not find expected ':'",
        "a key here has no `:` after it",
        "write a colon and a space after a key: `t: 0.5`",
    ),
    ("expected ',' or ']'", "this list is not closed, or lacks a comma", "close it with `]`"),
    ("expected ',' or '}'", "this mapping is not closed, or lacks a comma", "close it with `}`"),
    ("did not find expected key", _NO_FIT, _ONE_COLUMN),
    ("did not find expected '-' indicator", _NO_FIT, _ONE_COLUMN),
    ("expected <block end>", _NO_FIT, _ONE_COLUMN),
    ("unexpected end of stream", "a quoted text is not closed", "close it with the quote it starts with"),
    ("expected <document start>", "something follows the end of the recipe", "keep everything in one mapping"),
    (
        "unknown escape character",
        "there is an unknown `\\` escape",
        "write a backslash as `\\\\`, or use single quotes",
    ),
    ("invalid Unicode character", "there is an escape for a character that does not exist", None),
)
"""A piece of PyYAML's or libyaml's words, ours, and the remedy."""


def explain_yaml_error(error: Any, source: Source) -> Diagnostic:
    """A diagnostic for a `yaml.YAMLError` raised while reading `source`."""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read")
    span = _span(getattr(error, "problem_mark", None), source)
    message, help = _meaning(problem, span)
    labels = [Label(span)] if span.text.strip("\r\n") else []
    opened = getattr(error, "context_mark", None)
    if opened is not None and _span(opened, source) != span:
        labels.append(Label(_span(opened, source), "starts here"))
    return Diagnostic(Code.SYNTAX, f"this is not YAML: {message}", tuple(labels) or (Label(span),), help=help)


def _meaning(problem: str, span: Span) -> tuple[str, str | None]:
    if "cannot start any token" in problem:
        return _stray(span.text)
    for words, message, help in _MEANINGS:
        if words in problem:
            return message, help
    return problem, None


def _stray(character: str) -> tuple[str, str]:
    if character == "\t":
        return "there is a tab where only spaces can stand", "indent with spaces"
    return f"a value cannot start with `{character}`", "quote the text"


def _span(mark: Any, source: Source) -> Span:
    """The character at a mark; the last one of the text where the mark is behind it."""
    if mark is None:
        return Span(source, 0, 0)
    skipped = 1 if source.text.startswith("\ufeff") else 0
    start = min(mark.index + skipped, len(source.text))
    return Span(source, start, min(start + 1, len(source.text)))

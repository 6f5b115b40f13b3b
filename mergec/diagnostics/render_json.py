"""Diagnostics as JSON, for editors and scripts."""

from __future__ import annotations

from typing import TypedDict

from mergec.diagnostics.diagnostic import Diagnostic, Label


class LabelJson(TypedDict):
    """A place. Lines and columns count from 1, `start` and `end` are offsets in code points; ends are exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int
    text: str


class DiagnosticJson(TypedDict):
    """A finding; its first label is the primary one."""

    severity: str
    code: str
    message: str
    labels: list[LabelJson]
    notes: list[str]
    help: str | None


def render_json(diagnostics: tuple[Diagnostic, ...]) -> str:
    """A JSON array with one object for each of `diagnostics`, in their order; ends with a line break."""
    from json import dumps

    return dumps([diagnostic_json(diagnostic) for diagnostic in diagnostics], indent=2) + "\n"


def diagnostic_json(diagnostic: Diagnostic) -> DiagnosticJson:
    """A finding as plain data."""
    return {
        "severity": diagnostic.severity.value,
        "code": diagnostic.code.value,
        "message": diagnostic.message,
        "labels": [_label_json(label) for label in diagnostic.labels],
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
    }


def _label_json(label: Label) -> LabelJson:
    span = label.span
    end_line, end_column = span.source.place(span.end)
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": end_line,
        "end_column": end_column,
        "start": span.start,
        "end": span.end,
        "text": label.text,
    }

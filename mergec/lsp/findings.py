"""Diagnostics as the Language Server Protocol has them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from mergec.diagnostics import Code, Diagnostic, Label, Severity
from mergec.lsp.declared import statements_of
from mergec.lsp.page import include_paths
from mergec.lsp.positions import Lines

SOURCE = "mergec"
_SEVERITIES = {Severity.ERROR: types.DiagnosticSeverity.Error, Severity.WARNING: types.DiagnosticSeverity.Warning}
_IDLE = frozenset((Code.UNUSED_NAME, Code.RULE_NEVER_WINS, Code.RULE_MATCHES_NOTHING))
"""What these are about has no effect: editors show it faded."""


def to_client(found: Iterable[Diagnostic], uri: str, lines: Lines) -> list[types.Diagnostic]:
    """Findings about a document. What lies in another file is shown where that is included, and links to its place.

    That a recipe has no output is no error while it is written, nor in a file that others include.
    """
    return [_diagnostic(diagnostic, uri, lines) for diagnostic in found]


def _diagnostic(diagnostic: Diagnostic, uri: str, lines: Lines) -> types.Diagnostic:
    primary = diagnostic.labels[0] if diagnostic.labels else None
    is_here = primary is not None and primary.span.source.text == lines.text
    start, end = (primary.span.start, primary.span.end) if primary and is_here else _inclusion(primary, uri, lines)
    related = diagnostic.labels[1:] if is_here else diagnostic.labels
    page = page_of(diagnostic.code)
    is_unfinished = diagnostic.code is Code.NO_OUTPUT and not any(
        d.keyword == "output" for d in statements_of(lines.text)
    )
    return types.Diagnostic(
        range=lines.range(start, end),
        message=_message(diagnostic),
        severity=types.DiagnosticSeverity.Information if is_unfinished else _SEVERITIES[diagnostic.severity],
        code=diagnostic.code.value,
        code_description=types.CodeDescription(page) if page else None,
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if diagnostic.code in _IDLE else None,
        related_information=[_related(label, uri, lines) for label in related] or None,
    )


def _inclusion(label: Label | None, uri: str, lines: Lines) -> tuple[int, int]:
    """The statement by which the place of a label gets into a document; the beginning if there is none."""
    paths = include_paths(lines.text) if label is not None else ()
    for token in paths:
        path = os.path.join(os.path.dirname(to_fs_path(uri) or ""), token.text.strip('"'))
        if label is not None and os.path.normpath(path) == os.path.normpath(label.span.source.name):
            return token.start, token.end
    return (paths[0].start, paths[0].end) if paths else (0, 0)


def _message(diagnostic: Diagnostic) -> str:
    """The headline, what is said of its place, the facts, and the way out."""
    label = diagnostic.labels[0].text if diagnostic.labels else ""
    headline = f"{diagnostic.message}: {label}" if label else diagnostic.message
    help = [f"help: {diagnostic.help}"] if diagnostic.help else []
    return "\n".join([headline, *diagnostic.notes, *help])


def _related(label: Label, uri: str, lines: Lines) -> types.DiagnosticRelatedInformation:
    source = label.span.source
    is_here = source.text == lines.text
    inside = lines if is_here else Lines(source.text, lines.encoding)
    place = uri if is_here else from_fs_path(os.path.abspath(source.name)) or uri
    location = types.Location(place, inside.range(label.span.start, label.span.end))
    return types.DiagnosticRelatedInformation(location, label.text or "here")


@cache
def page_of(code: Code) -> str | None:
    """The address of a diagnostic's page in the manual: in the package, or beside it in a checkout."""
    package = Path(str(files("mergec")))
    for manual in (package / "docs", package.parent / "docs"):
        page = manual / "errors" / f"{code.value}.md"
        if page.is_file():
            return page.as_uri()
    return None

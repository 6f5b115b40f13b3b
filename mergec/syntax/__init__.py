"""Recipes as text: two tongues, one tree."""

from __future__ import annotations

import re

from mergec.diagnostics import Code, Report, Source, Span
from mergec.syntax.tree import Document

__all__ = ["check_schema", "is_merge_language", "parse"]

_BLANK_OR_COMMENT = re.compile(r"\ufeff?(?:\s+|#[^\n]*)*")
_STATEMENT = re.compile(r"(?:model|param|let|merge|output|requires|include)\b[ \t]*(?![ \t:-])")


def parse(source: Source, report: Report) -> Document | None:
    """The syntax tree of a recipe, or None after errors, which are in `report`.

    The tongue is known by the suffix of the source's name, `.merge` or `.yaml` and `.yml`, or else by how it begins.
    """
    if is_merge_language(source):
        from mergec.syntax.merge_language import parse_merge_language

        return parse_merge_language(source, report)
    if _begins_as_merge_language(source.text):
        help = "name the file with the suffix `.merge`"
        report.error(
            Code.SYNTAX, "this is the merge language, in a file whose suffix is that of YAML", _start(source), help=help
        )
        return None
    from mergec.syntax.mergekit_yaml import parse_mergekit_yaml

    return parse_mergekit_yaml(source, report)


def check_schema(source: Source, report: Report) -> None:
    """Report where a YAML recipe that `parse` accepts departs from the published schema."""
    if not is_merge_language(source):
        from mergec.syntax.schema import check_schema as check

        check(source, report)


def is_merge_language(source: Source) -> bool:
    """Whether a recipe is in the merge language, and not YAML: by its suffix, else by how it begins."""
    name = source.name.lower()
    if name.endswith((".merge", ".yaml", ".yml")):
        return name.endswith(".merge")
    return _begins_as_merge_language(source.text)


def _begins_as_merge_language(text: str) -> bool:
    blank = _BLANK_OR_COMMENT.match(text)
    return _STATEMENT.match(text, blank.end() if blank else 0) is not None


def _start(source: Source) -> Span:
    """The first line that says something."""
    blank = _BLANK_OR_COMMENT.match(source.text)
    first = blank.end() if blank else 0
    end = source.text.find("\n", first)
    return Span(source, first, len(source.text) if end < 0 else end)

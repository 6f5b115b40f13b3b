"""The merge language written: a text in the canonical style, a tree as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mergec.diagnostics import InternalError, Report, Source
from mergec.syntax.format_text import formatted
from mergec.syntax.format_tokens import Token, with_comments
from mergec.syntax.merge_language import parse_merge_language, read_words
from mergec.syntax.print_tree import statements_text
from mergec.syntax.same_tree import same_statements
from mergec.syntax.tree import Statement


def format_source(source: Source, report: Report) -> str | None:
    """A text of the merge language in the canonical style; None, with the reasons in `report`, if it does not parse.

    The line ends are those of the first line; a byte order mark goes. Raises InternalError rather than return a text
    that means something else, or has lost a comment.
    """
    before = parse_merge_language(source, report)
    if before is None:
        return None
    tokens = _tokens(source)
    text = formatted(tokens)
    found = Report()
    now = replace(source, text=text)
    after = parse_merge_language(now, found)
    if after is None or not same_statements(before.statements, after.statements):
        raise InternalError("the formatted text would not mean the same; the file is left as it is")
    if _comments(_tokens(now)) != _comments(tokens):
        raise InternalError("the formatted text would lose a comment; the file is left as it is")
    first_end = source.text.find("\n")
    return text.replace("\n", "\r\n") if source.text[max(first_end - 1, 0) : first_end] == "\r" else text


def print_statements(statements: Sequence[Statement], header: Sequence[str], report: Report) -> str | None:
    """Statements as text in the canonical style, under comment lines; None if they come to more than can be read again.

    Raises InternalError for a statement that the language has no words for.
    """
    comments = "".join(f"# {line}".rstrip() + "\n" for line in header)
    source = Source("<printed>", comments + ("\n" if comments else "") + statements_text(statements))
    text = format_source(source, report)
    if text is None:
        return None
    after = parse_merge_language(Source("<printed>", text), report)
    if after is None or not same_statements(statements, after.statements):
        raise InternalError("the printed recipe would not mean the same")
    return text


def _tokens(source: Source) -> list[Token]:
    return with_comments(source.text, read_words(source))


def _comments(tokens: Sequence[Token]) -> list[str]:
    return [line for t in tokens for line in (*t.comments, t.after) if line is not None]

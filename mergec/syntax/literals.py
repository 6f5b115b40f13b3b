"""Reading numbers, texts and regular expressions of the merge language. Each reader reports what is wrong."""

from __future__ import annotations

import math
import re

from mergec.core.pattern import compile_pattern
from mergec.core.pattern_tree import PatternError
from mergec.diagnostics import Code, Report, Span

_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)")
_ESCAPED = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
_REGEX_HELP = "patterns are those of Python's `re`, less what looks around or back, and flags"


def read_number(text: str, span: Span, report: Report) -> int | float:
    """An int where `text` is all digits, otherwise a float."""
    if text.isdigit():
        return int(text)
    value = float(text)
    if math.isinf(value):
        report.error(Code.BAD_VALUE, "this number is too large", span, help="the largest is about 1.8e308")
        return 0.0
    return value


def read_text(literal: str, span: Span, report: Report) -> str:
    """The text between the quotes of `literal`, its escapes replaced."""

    def replace(match: re.Match[str]) -> str:
        letter = match[1]
        if letter in _ESCAPED:
            return _ESCAPED[letter]
        if len(letter) == 5 and not 0xD800 <= int(letter[1:], 16) < 0xE000:
            return chr(int(letter[1:], 16))
        _bad_escape(match[0], span, match.start() + 1, report)
        return ""

    return _ESCAPE.sub(replace, literal[1:-1])


def _bad_escape(escape: str, span: Span, offset: int, report: Report) -> None:
    start = span.start + offset
    report.error(
        Code.SYNTAX,
        f"`{escape}` means nothing in a text",
        Span(span.source, start, start + len(escape)),
        help=r"write `\\` for a backslash; the other escapes are `\"`, `\n`, `\t` and `\u00e9`",
    )


def read_regex(literal: str, span: Span, report: Report) -> str:
    r"""The pattern between the slashes of `literal`, `\/` replaced by `/`."""
    pattern = literal[1:-1].replace("\\/", "/")
    try:
        compile_pattern(pattern)
    except PatternError as error:
        help = _REGEX_HELP
        report.error(Code.BAD_SELECTOR, f"this regular expression cannot be used: {error}", span, help=help)
    return pattern

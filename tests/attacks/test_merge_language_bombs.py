"""Texts built to exhaust a parser are refused in under a second of processor time."""

from __future__ import annotations

from time import process_time

import pytest

from mergec.diagnostics import Report, Source
from mergec.diagnostics.render_text import render_text
from mergec.syntax.merge_language import parse_merge_language

MANY = 100_000
TOO_COMPLEX = {
    "parentheses": "let x = " + "(" * MANY,
    "closed parentheses": "let x = " + "(" * MANY + "1" + ")" * MANY,
    "brackets": "let x = a" + "[0..a" * MANY,
    "braces": "merge m = f(a)" + "{t=f(a)" * MANY,
    "calls": "let x = " + "f(" * MANY,
    "calls in rules": "merge m = " + "f(a){t=" * 150 + "1" + "}" * 150,
    "selectors": "merge m = f(a) { t[" + "(" * MANY + "mlp",
    "mixed": "let x = " + "([{" * MANY,
    "minus signs": "let x = " + "-" * 12_000 + "1",
    "sums": "let x = 1" + " + 1" * 12_000,
    "powers": "let x = 1" + " ** 1" * 12_000,
    "nots": "merge m = f(a) { t[" + "not " * 12_000 + "mlp] = 1 }",
    "ands": "merge m = f(a) { t[mlp" + " and mlp" * 12_000 + "] = 1 }",
    "ranges": "let x = a" + "[0..1]" * 2_000,
    "tokens": "let x = 1 " * MANY,
    "a long name": "let " + "x" * (10 * MANY - 10) + " = 1",
    "a long number": "let x = " + "9" * 5000,
    "a long text": "#" * (10 * MANY + 1),
}
SYNTAX = {
    "quotes": '"' * 79_999,
    "slashes": "/" * 40_000,
    "spaces": "let x =" + " " * 900_000,
    "closing brackets": ")" * 40_000,
    "many errors": "let = \n" * 5_000,
    "backslashes": 'let x = "' + "\\" * 900_001,
    "an open regex": "merge m = f(a) { t[/" + "-" * 40_000,
    "one line of colons": "merge m = f(a) { t" + ":" * 40_000,
}
FINE = {
    "a long comment": "let x = 1 #" + "x" * 900_000,
    "a long string": 'let x = "' + "x" * 900_000 + '"',
    "escapes": 'let x = "' + '\\"' * 400_000 + '"',
    "nesting within the limit": "let x = " + "(" * 199 + "1" + ")" * 199,
    "a big recipe": "merge m = f(a) {" + ' t["*mlp*"] = 0.5' * 5_000 + "}",
    "a wide call": "merge m = f(" + "a, " * 10_000 + ")",
    "brackets in texts and comments": 'let x = "' + "(" * 300 + '" # ' + "(" * 300,
    "brackets in expressions for names": "merge m = f(a) {" + r" t[/\(/ or /\(/] = 1" * 300 + "}",
}


def codes(text: str) -> set[str]:
    report = Report()
    start = process_time()
    document = parse_merge_language(Source("bomb.merge", text), report)
    render_text(report.diagnostics)
    assert process_time() - start < 1
    assert (document is None) == report.failed
    return {diagnostic.code.value for diagnostic in report.diagnostics}


@pytest.fixture(scope="module", autouse=True)
def _a_warm_parser() -> None:
    """The grammar is compiled, and the samples of mistakes read, before the clock runs."""
    parse_merge_language(Source("warm.merge", "let = 1"), Report())


@pytest.mark.parametrize("name", TOO_COMPLEX)
def test_bombs_are_too_complex(name: str) -> None:
    assert codes(TOO_COMPLEX[name]) == {"too-complex"}


@pytest.mark.parametrize("name", SYNTAX)
def test_long_nonsense_is_a_syntax_error(name: str) -> None:
    assert codes(SYNTAX[name]) == {"syntax"}


@pytest.mark.parametrize("name", FINE)
def test_long_recipes_that_are_sound_pass(name: str) -> None:
    assert codes(FINE[name]) == set()

"""The grammar's own promises: no conflicts, a human word for all it has, a sentence for each known mistake."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from lark import Lark, logger

from mergec.diagnostics import Report, Source
from mergec.syntax.build_tree import BUILDERS
from mergec.syntax.grammar_text import read_grammar_file
from mergec.syntax.merge_language import parse_merge_language
from mergec.syntax.mistakes import Mistake, read_mistakes
from mergec.syntax.words import CLOSERS, KEYWORD_TERMINALS, KEYWORDS, describe_expected

GRAMMAR = read_grammar_file("merge.lark")
MISTAKES = read_mistakes()
SAMPLES = [(mistake, sample) for mistake in MISTAKES for sample in mistake.samples]


def parser() -> Lark:
    return Lark(GRAMMAR, start="document", parser="lalr", debug=True)


def test_the_grammar_is_that_of_the_repository() -> None:
    assert (Path(__file__).parents[3] / "grammar" / "merge.lark").read_text(encoding="utf-8") == GRAMMAR


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logger, "level", logging.DEBUG)
    monkeypatch.setattr(logger, "handlers", [caplog.handler])
    Lark('start: a | a "x"\na: "y" a | "y" a "x" | "y"', parser="lalr", debug=True)
    assert "conflict" in caplog.text.lower()  # the check can fail
    caplog.clear()
    parser()
    assert caplog.text == ""


def test_every_rule_has_a_builder() -> None:
    inlined = {rule.origin.name for rule in parser().rules if rule.options.expand1 and not rule.alias}
    names = {rule.alias or rule.origin.name for rule in parser().rules}
    assert {name for name in names - inlined if not name.startswith("_")} == set(BUILDERS)


def test_every_terminal_has_a_human_word() -> None:
    """Save the operators: that a value may go on is never what was missing."""
    for terminal in parser().terminals:
        if not terminal.name.startswith("__IGNORE") and terminal.name not in {"PLUS", "STAR", "SLASH", "POWER"}:
            assert describe_expected(frozenset({terminal.name})) != "the end of the file", terminal.name


def test_the_reserved_words_are_those_of_the_grammar() -> None:
    reserved = re.search(r"NAME: +/\(\?!\(\?:([a-z|]+)\)", GRAMMAR)
    assert reserved is not None
    assert set(reserved[1].split("|")) == KEYWORDS
    assert {terminal.name for terminal in parser().terminals} >= KEYWORD_TERMINALS | set(CLOSERS.values())


def test_there_are_mistakes_and_all_have_samples() -> None:
    assert len(MISTAKES) >= 20
    assert all(mistake.samples and mistake.says and mistake.help for mistake in MISTAKES)
    assert len({mistake.says for mistake in MISTAKES}) == len(MISTAKES)


@pytest.mark.parametrize(("mistake", "sample"), SAMPLES, ids=[sample for _, sample in SAMPLES])
def test_a_sample_gives_its_sentence(mistake: Mistake, sample: str) -> None:
    report = Report()
    assert parse_merge_language(Source("recipe.merge", sample), report) is None
    assert [(found.message, found.help) for found in report.diagnostics] == [(mistake.says, mistake.help)]


@pytest.mark.parametrize(
    ("text", "says", "marked"),
    [
        ("merge hybrid = slerp(base, chat) {\n  t = curve(0, 1)[0],\n}", "a range of layers is written", "]"),
        ("merge hybrid = ties(a[0..3], b, base = c) {\n  a.t[mlp] = 0.5 ** 2,\n}", "rules and settings are not", ","),
        ("merge m = lerp(a, b[0:3]) { t = 1 }", "a range of layers is written", ":"),
        ("merge m = lerp(a, b) { t = 1\n  weight[q or k]: 2 }", "a value is given with `=`", ":"),
        ("merge m = lerp(a, b) { t = 2 + [0, 0.5, 1] }", "a list is not a value", "["),
    ],
)
def test_mistakes_are_recognised_in_other_surroundings(text: str, says: str, marked: str) -> None:
    report = Report()
    assert parse_merge_language(Source("recipe.merge", text), report) is None
    (found,) = report.diagnostics
    assert found.message.startswith(says)
    assert found.span is not None
    assert found.span.text == marked

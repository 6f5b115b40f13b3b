"""What is printed is read again as the same tree, and laid out it stays so."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mergec.diagnostics import InternalError, Report, Source
from mergec.syntax import tree
from mergec.syntax.format_layout import WIDTH
from mergec.syntax.formatting import format_source, print_statements
from mergec.syntax.merge_language import parse_merge_language, read_words
from mergec.syntax.print_tree import expression_text, selector_text, statements_text
from mergec.syntax.same_tree import same_statements
from tests.support.tree_strategies import HERE, documents

OFTEN = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
GAPS = st.sampled_from(
    [" ", " ", "\t", "\n", "\n\n\n", "  # said\n", "\n# above\n", " # one\n\n  # two # three \n\n", "\r\n"]
)


def laid_out(text: str) -> str:
    report = Report()
    found = format_source(Source("r.merge", text), report)
    assert found is not None, (text, [d.message for d in report.diagnostics])
    return found


@OFTEN
@given(documents)
def test_what_is_printed_is_read_again(statements: tuple[tree.Statement, ...]) -> None:
    report = Report()
    text = statements_text(statements)
    document = parse_merge_language(Source("r.merge", text), report)
    assert document is not None, (text, [d.message for d in report.diagnostics])
    assert same_statements(document.statements, statements), text


@OFTEN
@given(documents)
def test_what_is_printed_is_laid_out(statements: tuple[tree.Statement, ...]) -> None:
    text = print_statements(statements, ("said first",), Report())
    assert text is not None
    assert text.startswith("# said first\n\n")
    assert laid_out(text) == text


@OFTEN
@given(documents, st.data())
def test_layout_does_not_depend_on_gaps_but_keeps_comments(
    statements: tuple[tree.Statement, ...], data: st.DataObject
) -> None:
    plain = statements_text(statements)
    words = read_words(Source("r.merge", plain))
    gaps = data.draw(st.lists(GAPS, min_size=len(words) + 1, max_size=len(words) + 1))
    text = gaps[0] + "".join(plain[start:end] + gap for (_, start, end), gap in zip(words, gaps[1:], strict=True))
    found = laid_out(text)
    assert laid_out(found) == found
    for comment in ("# said", "# above", "# one", "# two"):
        assert found.count(comment) == text.count(comment)
    lines = found.replace("\r\n", "\n").split("\n")
    assert lines == [line.rstrip() for line in lines]
    assert not any(one == other == "" for one, other in pairwise(lines[:-1]))


def test_operators_get_the_parentheses_they_need_and_no_others() -> None:
    def number(value: int) -> tree.Number:
        return tree.Number(value, HERE)

    def binary(left: Any, operator: str, right: Any) -> tree.Binary:
        return tree.Binary(operator, left, right, HERE)

    def minus(operand: Any) -> tree.Unary:
        return tree.Unary("-", operand, HERE)

    one, two, three = number(1), number(2), number(3)
    cases = {
        "1 - 2 - 3": binary(binary(one, "-", two), "-", three),
        "1 - (2 - 3)": binary(one, "-", binary(two, "-", three)),
        "1 / (2 * 3)": binary(one, "/", binary(two, "*", three)),
        "(1 + 2) * 3": binary(binary(one, "+", two), "*", three),
        "-1 ** 2": minus(binary(one, "**", two)),
        "(-1) ** 2": binary(minus(one), "**", two),
        "1 ** -2": binary(one, "**", minus(two)),
        "1 ** 2 ** 3": binary(one, "**", binary(two, "**", three)),
        "(1 ** 2) ** 3": binary(binary(one, "**", two), "**", three),
        "1 - -2": binary(one, "-", minus(two)),
        "-1 * 2": binary(minus(one), "*", two),
        "-(1 * 2)": minus(binary(one, "*", two)),
        "--1": minus(minus(one)),
        "(1 + 2)[..3]": tree.LayerRange(binary(one, "+", two), None, three, HERE),
        "1[2..][..3]": tree.LayerRange(tree.LayerRange(one, two, None, HERE), None, three, HERE),
    }
    assert {expression_text(value): value for value in cases.values()} == cases


def test_selectors_get_the_parentheses_they_need_and_no_others() -> None:
    norm, mlp, q = (tree.Role(role, HERE) for role in ("norm", "mlp", "q"))
    cases: dict[str, tree.Selector] = {
        "norm or mlp and q": tree.Or(norm, tree.And(mlp, q, HERE), HERE),
        "(norm or mlp) and q": tree.And(tree.Or(norm, mlp, HERE), q, HERE),
        "norm and (mlp and q)": tree.And(norm, tree.And(mlp, q, HERE), HERE),
        "not (norm or mlp)": tree.Not(tree.Or(norm, mlp, HERE), HERE),
        "not norm and mlp": tree.And(tree.Not(norm, HERE), mlp, HERE),
        "not not layers[-4..]": tree.Not(tree.Not(tree.InLayers(-4, None, HERE), HERE), HERE),
    }
    assert {selector_text(value): value for value in cases.values()} == cases


@pytest.mark.parametrize(
    "statement",
    [
        tree.LetStatement(tree.Name("x", HERE), (), tree.Number(-1, HERE), HERE),
        tree.LetStatement(tree.Name("x", HERE), (), tree.Number(-0.0, HERE), HERE),
        tree.MergeStatement(
            tree.Name("x", HERE),
            tree.Call(
                tree.Name("f", HERE),
                (),
                (),
                (tree.Rule(tree.Name("t", HERE), None, tree.Contains("a", HERE), tree.Flag(True, HERE), HERE),),
                HERE,
            ),
            HERE,
        ),
        tree.MergeStatement(
            tree.Name("x", HERE),
            tree.Call(
                tree.Name("f", HERE),
                (),
                (),
                (tree.Rule(tree.Name("t", HERE), 0, None, tree.Flag(True, HERE), HERE),),
                HERE,
            ),
            HERE,
        ),
        tree.MergeStatement(
            tree.Name("x", HERE),
            tree.Call(tree.Name("f", HERE), (), (), (), HERE, tree.NameUse("base", HERE)),
            HERE,
        ),
    ],
)
def test_what_has_no_spelling_is_not_printed(statement: tree.Statement) -> None:
    with pytest.raises(InternalError):
        print_statements((statement,), (), Report())


def test_the_deepest_tree_that_parses_is_printed() -> None:
    nested = {
        "(" * 198 + "1" + ")" * 198: "1",
        "-" * 198 + "x": None,
        "f(" * 95 + "1" + ")" * 95: None,
        "f(1) { t = " * 60 + "1" + " }" * 60: None,
        " + ".join(["x"] * 190): None,
    }
    for text in nested:
        found = laid_out(f"let a = {text}\n")
        report = Report()
        document = parse_merge_language(Source("r.merge", found), report)
        assert document is not None
        assert print_statements(document.statements, (), report) is not None, text
    assert max(map(len, laid_out(f"let a = {' + '.join(['x'] * 190)}").split("\n"))) < WIDTH


def test_too_much_to_be_read_again_is_reported() -> None:
    report = Report()
    statement = tree.LetStatement(tree.Name("x", HERE), (), tree.Number(10**300, HERE), HERE)
    assert print_statements((statement,), (), report) is None
    assert [d.code.value for d in report.diagnostics] == ["too-complex"]

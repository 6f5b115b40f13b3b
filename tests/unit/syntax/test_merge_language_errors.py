from __future__ import annotations

import pytest

from mergec.diagnostics import Diagnostic, Report, Source
from mergec.syntax.merge_language import parse_merge_language


def errors(text: str) -> tuple[Diagnostic, ...]:
    report = Report()
    assert parse_merge_language(Source("recipe.merge", text), report) is None
    return report.diagnostics


def the_error(text: str) -> tuple[str, str, str, str]:
    """Code, message, line:column and marked text of the one error."""
    (error,) = errors(text)
    assert error.span is not None
    return error.code.value, error.message, f"{error.span.line}:{error.span.column}", error.span.text


@pytest.mark.parametrize(
    ("text", "message", "place", "marked"),
    [
        ("let x =", "expected a value, found the end of the file", "1:8", ""),
        ("let x = 3 +  # more\n\n", "expected a value, found the end of the file", "1:12", ""),
        ("model base =\nlet x = 3", "expected a text in double quotes, found the next statement, `let`", "1:13", ""),
        ("merge m = f(a", "`(` is not closed", "1:14", ""),
        ("merge m = f(a) {\n  t = 1\n# end\n", "`{` is not closed", "2:8", ""),
        ("merge m = f(a) {\n  t = 1\n\noutput m", "`{` is not closed", "2:8", ""),
        ("merge m = f(a) { t[mlp = 1 }", "expected `and`, `or` or `]`, found `=`", "1:24", "="),
        ("merge m = f(a) { t }", "expected `=`, `.` or `[`, found `}`", "1:20", "}"),
        ("merge m = f(a) { t = 1 t = }", "expected a value, found `}`", "1:28", "}"),
        ("merge m = f(1]", "expected `for`, `,` or `)`, found `]`", "1:14", "]"),
        ("let x = 3 )", None, "1:11", ")"),
        ("let x = a.b", "`.` cannot follow a value", "1:10", "."),
        ("let x = a ~ b", "`~` cannot follow a value", "1:11", "~"),
        ("let x = 1 \u200b+ 2", "the character U+200B (zero width space) cannot follow a value", "1:11", "\u200b"),
        ("let é = 3", "expected a name, found the character U+00E9 (latin small letter e with acute)", "1:5", "é"),
        ("let in = 3", "`in` is a word of the language and cannot be a name", "1:5", "in"),
        ("let x = 2 * model", "`model` is a word of the language and cannot be a name", "1:13", "model"),
        ("merge m = f(a) { t[mlp and] = 1 }", None, "1:27", "]"),
        ("modle base = 3", "no statement begins with `modle`", "1:1", "modle"),
        ('let x = "a\\qb"', "`\\q` means nothing in a text", "1:11", "\\q"),
        ('let x = "\\ud800"', "`\\ud800` means nothing in a text", "1:10", "\\ud800"),
        ("let x = f(a = 1, b)", "an argument without a name stands after a named one", "1:18", "b"),
    ],
)
def test_a_syntax_error_has_a_sentence_and_a_place(text: str, message: str | None, place: str, marked: str) -> None:
    code, said, where, pointed = the_error(text)
    assert (code, where, pointed) == ("syntax", place, marked)
    assert message is None or said == message


def test_no_message_names_a_terminal() -> None:
    for text in ("model", "let x", "param x = 1 in", "merge m = a[1", "requires", "let f(", "merge m = f(a) { t["):
        for error in errors(text):
            said = " ".join([error.message, error.help or "", *error.notes, *(label.text for label in error.labels)])
            assert not any(word.isupper() and len(word) > 2 for word in said.split()), said
            assert "__" not in said


def test_each_broken_statement_is_reported() -> None:
    found = errors('model base "x"\nmodel chat = "y"\nmerge m = lerp(base, chat { t = 1 }\nlet = 3\noutput m\n')
    assert [error.span and error.span.line for error in found] == [1, 3, 4]


def test_errors_come_in_the_order_of_the_text() -> None:
    found = errors("merge m = f(a) { t[foo] = 1e999 t[bar] = f(x = 1, x = 2) }")
    starts = [error.span.start for error in found if error.span]
    assert len(starts) == 4
    assert starts == sorted(starts)


def test_errors_are_limited() -> None:
    assert len(errors("let = 3\n" * 500)) == 20


def test_an_open_bracket_is_pointed_at() -> None:
    (error,) = errors("merge m = f(a) {\n  t = (1 + 2\n}\n")
    assert error.message == "expected `)`, found `}`"
    assert [(label.span.text, label.span.line) for label in error.labels] == [("}", 3), ("(", 2)]
    (error,) = errors("merge m = f(a) {\n  t = (1 + 2\n  u = 1\n}\n")
    assert [(label.span.text, label.span.line) for label in error.labels] == [("u", 3), ("(", 2)]
    (error,) = errors("merge m = f(a) {\n  t = 1\noutput m\n")
    assert [(label.span.text, label.span.line) for label in error.labels] == [("", 2), ("{", 1)]


def test_settings_arguments_and_parameters_are_given_once() -> None:
    found = errors("output m { dtype = a\n dtype = b }\nlet x = f(a = 1, a = 2)\nlet g(y, y) = 1")
    assert [(e.code.value, [label.span.text for label in e.labels]) for e in found] == [
        ("duplicate-key", ["dtype", "dtype"]),
        ("duplicate-key", ["a", "a"]),
        ("duplicate-name", ["y", "y"]),
    ]
    assert [label.span.line for label in found[0].labels] == [2, 1]


@pytest.mark.parametrize(
    ("selector", "message", "marked"),
    [
        ("atention", "`atention` is not a role that a tensor can have", "atention"),
        ("mlp or self_attn", "`self_attn` is not a role that a tensor can have", "self_attn"),
        ("layers[0.5..2]", "`0.5` is not a whole number", "0.5"),
        ("layers[4..4]", "this range of layers is empty", "layers[4..4]"),
        ("layers[-1..-4]", "this range of layers is empty", "layers[-1..-4]"),
        ("/(/", "this regular expression cannot be used: `(` is not closed, at character 1", "/(/"),
        (
            f"/{'a' * 1001}/",
            "this regular expression cannot be used: it is longer than 1000 characters, at character 1001",
            f"/{'a' * 1001}/",
        ),
    ],
)
def test_a_bad_selector_is_pointed_at(selector: str, message: str, marked: str) -> None:
    code, said, _, pointed = the_error(f"merge m = f(a) {{ t[{selector}] = 1 }}")
    assert (code, said, pointed) == ("bad-selector", message, marked)


@pytest.mark.parametrize(
    "pattern", ["layers(\\.[0-9]+)+\\.mlp", "(a|b)+", "[(a+)+]", "\\(a+\\)+", "(ab+)+c", "a{2,3}", "(a+)+$"]
)
def test_harmless_regular_expressions_pass(pattern: str) -> None:
    report = Report()
    assert parse_merge_language(Source("x.merge", f"merge m = f(a) {{ t[/{pattern}/] = 1 }}"), report)


def test_an_unknown_role_comes_with_a_suggestion() -> None:
    assert errors("merge m = f(a) { t[atention] = 1 }")[0].help == "did you mean `attention`?"
    assert errors("merge m = f(a) { t[self_attn] = 1 }")[0].help == 'to select by name write `"*self_attn*"`'


def test_a_number_too_large_for_a_float_is_refused() -> None:
    assert the_error("let x = 1e999")[0] == "bad-value"


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "\ufeff"])
def test_an_empty_recipe_is_an_error(text: str) -> None:
    assert [error.code.value for error in errors(text)] == ["empty-recipe"]


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\x00", "U+0000"),
        ("\x1b", "U+001B"),
        ("\x7f", "U+007F"),
        ("\u202e", "U+202E (right-to-left override)"),
        ("\ud800", "U+D800"),
    ],
)
def test_control_characters_are_named(character: str, name: str) -> None:
    code, message, place, marked = the_error(f'model base = "x"\n# {character}')
    assert (code, place, marked) == ("syntax", "2:3", character)
    assert message == f"the character {name} cannot stand in a recipe"

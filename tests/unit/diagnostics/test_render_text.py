from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mergec.diagnostics import Code, Diagnostic, Label, Severity, Source, Span
from mergec.diagnostics.render_text import render_text, summarise

RECIPE = Source("chat.merge", 'model base = "x"\n\nmerge m = lerp(\n  a,\n  b)\n')


def at(source: Source, text: str, label: str = "") -> Label:
    start = source.text.index(text)
    return Label(Span(source, start, start + len(text)), label)


def render(*labels: Label, width: int = 60, **rest: object) -> str:
    return render_text((Diagnostic(Code.SYNTAX, "wrong", labels, **rest),), width=width)  # type: ignore[arg-type]


def test_a_label_with_help_and_a_note() -> None:
    shown = render(at(RECIPE, "base", "not this"), notes=("one fact",), help="write `y`\nor `z`")
    assert shown == (
        "error[syntax]: wrong\n"
        " --> chat.merge:1:7\n"
        "  |\n"
        '1 | model base = "x"\n'
        "  |       ^^^^ not this\n"
        "  = note: one fact\n"
        "  = help: write `y`\n"
        "          or `z`"
    )


def test_a_finding_without_a_place_is_its_headline() -> None:
    assert render() == "error[syntax]: wrong"


def test_labels_on_one_line_hang_below_each_other() -> None:
    shown = render(at(RECIPE, "base", "second"), at(RECIPE, "model", "first"), at(RECIPE, '"x"', "third"))
    assert shown.splitlines()[3:] == [
        '1 | model base = "x"',
        "  | ----- ^^^^   --- third",
        "  | |     |",
        "  | |     second",
        "  | first",
    ]


def test_a_label_inside_another_is_still_told() -> None:
    shown = render(at(RECIPE, "model base", "outer"), at(RECIPE, "del", "inner"))
    assert shown.splitlines()[4:] == ["  | ^^^^^^^^^^", "  | | |", "  | | inner", "  | outer"]


def test_labels_on_two_lines_leave_out_what_is_between() -> None:
    shown = render(at(RECIPE, "b)", "here"), at(RECIPE, "base", "there"))
    assert shown.splitlines()[3:] == [
        '1 | model base = "x"',
        "  |       ---- there",
        "...",
        "5 |   b)",
        "  |   ^ here".replace("^", "^^"),
    ]


def test_a_single_line_between_is_shown() -> None:
    shown = render(at(RECIPE, "a,"), at(RECIPE, "base"))
    assert "...\n" in shown
    assert render(at(RECIPE, "b)"), at(RECIPE, "lerp")).splitlines()[5] == "4 |   a,"


def test_a_span_over_lines_is_marked_at_both_ends() -> None:
    assert render(at(RECIPE, "lerp(\n  a,\n  b)", "all this")).splitlines()[3:] == [
        "3 | merge m = lerp(",
        "  |           ^^^^^",
        "4 |   a,",
        "5 |   b)",
        "  |   ^^ all this",
    ]


def test_line_numbers_of_different_length_share_a_gutter() -> None:
    source = Source("x", "a\n" * 9 + "b\n")
    shown = render(at(source, "b"), Label(Span(source, 16, 17)))
    assert shown.splitlines()[1:] == ["  --> x:10:1", "   |", "9  | a", "   | -", "10 | b", "   | ^"]


def test_another_source_has_its_own_arrow() -> None:
    shown = render(at(RECIPE, "base"), at(Source("other.yaml", "t: 1"), "t", "set here"))
    assert shown.splitlines()[5:] == [" ::: other.yaml:1:1", "  |", "1 | t: 1", "  | - set here"]


@pytest.mark.parametrize(
    ("text", "shown", "carets"),
    [
        ("\tX", "    X", "    ^"),
        ("漢字 X", "漢字 X", "     ^"),
        ("e\u0301X", "e\u0301X", " ^"),
        ("\x1b[31mX", "␛[31mX", "     ^"),
        ("\u202eX", "<U+202E>X", "        ^"),
        ("\x9bX", "<U+009B>X", "        ^"),
        ("\udc80X", "<U+DC80>X", "        ^"),
    ],
)
def test_carets_stand_under_what_is_seen(text: str, shown: str, carets: str) -> None:
    lines = render(at(Source("x", text), "X")).splitlines()
    assert lines[3:] == [f"1 | {shown}", f"  | {carets}"]


def test_a_place_at_the_end_of_the_text_has_a_caret() -> None:
    end = len(RECIPE.text)
    assert render(Label(Span(RECIPE, end, end), "more")).splitlines()[3:] == ["6 |", "  | ^ more"]


def test_an_empty_source_shows_its_name_alone() -> None:
    assert render(Label(Span(Source("empty.merge", ""), 0, 0))).splitlines()[1:] == [" --> empty.merge:1:1"]


@pytest.mark.parametrize("before", [0, 5, 20, 100, 100_000])
@pytest.mark.parametrize("after", [0, 5, 20, 100, 100_000])
def test_long_lines_are_cut_around_the_caret(before: int, after: int) -> None:
    source = Source("x", "a" * before + "X" + "b" * after)
    line, carets = render(at(source, "X"), width=50).splitlines()[3:]
    assert len(line) <= 50
    assert line[carets.index("^")] == "X"
    assert line.startswith("1 | …a") == (before > 20)
    assert line.endswith("b…") == (after > 20)


def test_a_mark_longer_than_the_line_shown_is_cut() -> None:
    for line in render(at(Source("x", "a" * 500), "a" * 500), width=50).splitlines():
        assert len(line) <= 50


def test_colour_changes_nothing_but_colour() -> None:
    finding = Diagnostic(Code.SYNTAX, "wrong", (at(RECIPE, "base", "x"), at(RECIPE, "model", "y")), help="h")
    plain, painted = render_text((finding,)), render_text((finding,), colour=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31merror" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_findings_are_parted_by_a_blank_line_and_counted() -> None:
    error = Diagnostic(Code.SYNTAX, "wrong")
    warning = Diagnostic(Code.EXTRAPOLATION, "odd", severity=Severity.WARNING)
    assert render_text((error, warning)) == "error[syntax]: wrong\n\nwarning[extrapolation]: odd"
    assert summarise((error, warning, error)) == "2 errors and 1 warning"
    assert summarise((warning, warning)) == "2 warnings"
    assert summarise(()) == "no errors"


@settings(deadline=None)
@given(
    text=st.text(max_size=200),
    places=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 50), st.text(max_size=5)), max_size=4),
    width=st.integers(0, 120),
)
def test_nothing_a_user_writes_breaks_the_rendering(text: str, places: list[tuple[int, int, str]], width: int) -> None:
    source = Source(text, text)
    spans = [(min(start, len(text)), length, label) for start, length, label in places]
    labels = [Label(Span(source, start, min(start + length, len(text))), label) for start, length, label in spans]
    shown = render_text((Diagnostic(Code.SYNTAX, text, tuple(labels), (text,), text),), width=width)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert shown.encode()

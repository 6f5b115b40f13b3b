"""Whatever the text: a document, or errors; never an exception."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mergec.diagnostics import Report, Source
from mergec.diagnostics.render_text import render_text
from mergec.syntax.merge_language import parse_merge_language
from mergec.syntax.mistakes import read_mistakes
from tests.support.outline import outline

VALID = """\
model base = "org/name@main"  # the base
param share = 0.6 in 0..1
let ramp(x, y) = -x ** 2 / (1 + y) - .5
requires "mergec-foo >= 1.2"
include "more.merge"
merge m = ties(base[0..8], stack(a, b)[1..2], base = 0.7 * (a - b)) {
  t = 0.5
  a.t["*mlp*"] = curve(0, 1e-3) t[not (mlp or q) and layers[-4..-1] or rank(1) or /x\\/y/] = true
  method[norm] = lerp
}
merge s = stack(a[..4], (b[i..i+2], (a[i+j..] for j in 0..2) for i in 4..8 by 2), c[8..])
merge r = stack(a[i..i+8] for i in 0..24)
output m { dtype = bfloat16 donor = base }
"""
VOCABULARY = """
model param let merge output requires include for by in and or not true false layers rank a mlp 0 1.5 1e-3 "x" "\\n" /r/
( ) [ ] { } , . .. = == + - * ** / : ; ' “ # @ ! && % é "open
"""
WORDS = (*VOCABULARY.split(), "\n", "\t")
SNIPPETS = tuple(sample for mistake in read_mistakes() for sample in mistake.samples)


def check(text: str) -> None:
    report = Report()
    document = parse_merge_language(Source("fuzz.merge", text), report)
    assert (document is None) == report.failed
    assert bool(render_text(report.diagnostics)) == report.failed
    for diagnostic in report.diagnostics:
        for label in diagnostic.labels:
            assert 0 <= label.span.start <= label.span.end <= len(text)
    if document is not None:
        assert outline(document)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    check(text)


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
def test_any_words(text: str) -> None:
    check(text)


@settings(deadline=None)
@given(st.lists(st.sampled_from(SNIPPETS), max_size=6).map("\n".join))
def test_any_mistakes(text: str) -> None:
    check(text)


@settings(deadline=None)
@given(st.integers(0, len(VALID)), st.integers(0, 20), st.one_of(st.sampled_from(WORDS), st.text(max_size=4)))
def test_a_valid_recipe_with_a_change(start: int, length: int, new: str) -> None:
    check(VALID[:start] + new + VALID[start + length :])


@settings(deadline=None)
@given(st.integers(0, len(VALID)), st.integers(0, len(VALID)))
def test_a_part_of_a_valid_recipe(start: int, end: int) -> None:
    check(VALID[start:end])

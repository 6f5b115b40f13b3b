"""What a place is for, in texts that mostly do not parse; `|` is the cursor."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mergec.lsp.context import Context, Where, context_at
from mergec.lsp.declared import declared_in, local_names
from mergec.lsp.tokens import tokenise


def at(marked: str) -> Context:
    return context_at(marked.replace("|", ""), marked.index("|"))


@pytest.mark.parametrize(
    ("marked", "where"),
    [
        ("|", Where.STATEMENT),
        ("mo|", Where.STATEMENT),
        ('model base = "a"\n|', Where.STATEMENT),
        ("merge m = lerp(a, b) { t = 1 }\nout|", Where.STATEMENT),
        ("model |", Where.NOTHING),
        ("model base = |", Where.NOTHING),
        ('model base = "a|', Where.TEXT),
        ('model base = "a|"', Where.TEXT),
        ("# mod|", Where.NOTHING),
        ("param x = |", Where.NUMBERS),
        ("let f(x) = s|", Where.NUMBERS),
        ("merge m = |", Where.MODELS),
        ("merge m = lerp(|", Where.MODELS),
        ("merge m = lerp(base, ch|at) {", Where.MODELS),
        ("merge m = base + 0.7 * (|", Where.MODELS),
        ("merge m = stack(base[0..|", Where.NUMBERS),
        ("merge m = stack(a[i..i+8] for |", Where.NOTHING),
        ("merge m = lerp(base, chat) { |", Where.RULE),
        ("merge m = lerp(base, chat) { t = 0.5 |", Where.RULE),
        ("merge m = lerp(base, chat) { t = 0.5\n  we|", Where.RULE),
        ("merge m = lerp(base, chat) { t = |", Where.NUMBERS),
        ("merge m = lerp(base, chat) { t = 0.5 - |", Where.NUMBERS),
        ("merge m = lerp(base, chat) { t = curve(0, |", Where.NUMBERS),
        ("merge m = linear(base, chat) { base.|", Where.OWNED),
        ("merge m = lerp(base, chat) { t[|", Where.SELECTOR),
        ("merge m = lerp(base, chat) { t[not (|", Where.SELECTOR),
        ("merge m = lerp(base, chat) { t[mlp and |] = 1 }", Where.SELECTOR),
        ('merge m = lerp(base, chat) { t["*se|', Where.TEXT),
        ("merge m = lerp(base, chat) { t[layers[|", Where.NUMBERS),
        ("merge m = lerp(base, chat) { method[norm] = |", Where.METHOD),
        ("merge m = stack(lerp(a, b) { t = 0.5\n d|", Where.RULE),
        ("output |", Where.MERGES),
        ("output m { |", Where.SETTING),
        ("output m { dtype = |", Where.SETTING_VALUE),
        ("output m { dtype = bfloat16 d|", Where.SETTING),
    ],
)
def test_a_place_is_known_by_what_stands_before_it(marked: str, where: Where) -> None:
    assert at(marked).where is where


def test_an_open_bracket_of_an_earlier_statement_does_not_matter() -> None:
    assert at("merge a = lerp(x, {\nmerge m = lerp(base, c|").where is Where.MODELS


def test_a_call_is_known_by_its_name_and_inputs() -> None:
    frame = at("merge m = stack(lerp(a[0..4], b, base = c) { t = |").frames[-1]
    assert (frame.function, frame.inputs) == ("lerp", ["a", "b"])


def test_the_subject_is_the_parameter_before_a_value() -> None:
    assert at("merge m = lerp(a, b) { t = 1 b.weight[mlp] = |").subject == "weight"


@given(st.text(st.sampled_from(list('model merge x=()[]{}"/#\n.,0😀')), max_size=60), st.data())
def test_no_text_is_too_broken(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    context = context_at(text, offset)
    assert context.token is None or context.token.touches(offset)
    tokens = tokenise(text)
    assert all(text[t.start : t.end] == t.text for t in tokens)
    assert all(a.end <= b.start for a, b in pairwise(tokens))


def test_a_slash_divides_where_no_selector_stands() -> None:
    kinds = [t.kind for t in tokenise("let x = 6 / 2 / 3")]
    assert "regex" not in kinds
    assert [t.text for t in tokenise("t[not (/a b/)]") if t.kind == "regex"] == ["/a b/"]


def test_names_are_found_in_broken_text() -> None:
    text = 'model base = "a\nparam x =\nlet f(y, z) = y\nmerge m = (\noutput m {'
    assert {name: d.keyword for name, d in declared_in(text).items()} == {
        "base": "model",
        "x": "param",
        "f": "let",
        "m": "merge",
    }
    assert set(local_names(text, text.index("= y") + 3)) == {"y", "z"}
    assert set(local_names("merge m = stack(a[i..i+2] for i in 0..4)", 20)) == {"i"}

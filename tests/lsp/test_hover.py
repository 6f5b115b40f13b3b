"""What is said of a word, where its name leads, and the outline; `|` is the cursor."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol.types import DocumentSymbol

from mergec.lsp.hover import hover_at
from mergec.lsp.navigate import Target, definition_at, outline, signature_at
from mergec.lsp.positions import Lines
from tests.support.merge_page import PageOf

RECIPE = """
model base = "base"
model tuned = "./tuned"
param share = 0.5 in 0..1
let ramp(x) = x * share
merge m = lerp(base, tuned) {
  t = share
  t[attention] = ramp(depth)
  t["*.q_proj.*"] = 1
  method[rank(1)] = linear
  base.weight = 1
  tuned.weight = 1
}
output m { dtype = float16 }
"""


def hovered(page_of: PageOf, marked: str) -> str:
    found = hover_at(page_of(marked.replace("|", "")), marked.index("|"))
    return found.text if found is not None else ""


def in_recipe(word: str, cursor: str) -> str:
    """The recipe with the cursor put where `cursor` has it; `word` is that piece of text without it."""
    assert RECIPE.count(word) == 1, word
    return RECIPE.replace(word, cursor)


def test_a_method(page_of: PageOf) -> None:
    text = hovered(page_of, in_recipe("= lerp(", "= le|rp("))
    assert "lerp(base, a)" in text
    assert "- `t` (number" in text


def test_a_parameter_has_its_range_and_the_tensors_it_is_set_for(page_of: PageOf) -> None:
    text = hovered(page_of, in_recipe("t[attention]", "|t[attention]"))
    assert "number" in text
    assert "Wins 12 tensors" in text
    assert "- `model.layers.0.self_attn.k_proj.weight`" in text
    assert "For 4 more a later rule wins." in text


def test_a_rule_for_a_method(page_of: PageOf) -> None:
    text = hovered(page_of, in_recipe("method[", "met|hod["))
    assert "Wins 9 tensors" in text
    assert "- `model.layers.0.input_layernorm.weight`" in text


def test_a_rule_in_a_text_that_does_not_compile_has_its_matches(page_of: PageOf) -> None:
    text = hovered(page_of, in_recipe("t[attention]", "|t[attention]") + "\nmerge x = (\n")
    assert "Matches 16 tensors" in text


def test_a_role_and_a_glob_and_a_regular_expression(page_of: PageOf) -> None:
    assert "Matches 16 tensors" in hovered(page_of, in_recipe("[attention]", "[atten|tion]"))
    assert "Matches 4 tensors" in hovered(page_of, in_recipe('"*.q_proj.*"', '"*.q_|proj.*"'))
    assert "Matches 8 tensors" in hovered(page_of, in_recipe('"*.q_proj.*"', r"/\.[qk]|_proj\./"))
    assert hovered(page_of, in_recipe('"*.q_proj.*"', "/(|/")) == ""


@pytest.mark.parametrize("cursor", ["model ba|se =", 'model base = "ba|se"'])
def test_a_model_has_what_its_headers_say(page_of: PageOf, cursor: str) -> None:
    text = hovered(page_of, in_recipe('model base = "base"', cursor + ' "base"' * ('"' not in cursor)))
    assert "llama" in text
    assert "39 tensors" in text
    assert "`model.layers.N`: 4 layers" in text


def test_names_of_the_recipe(page_of: PageOf) -> None:
    assert "param share = 0.5 in 0..1" in hovered(page_of, in_recipe("t = share", "t = sha|re"))
    assert "let ramp(x) = x * share" in hovered(page_of, in_recipe("= ramp(", "= ra|mp("))
    assert "this statement alone" in hovered(page_of, in_recipe("= x *", "= |x *"))


def test_words_of_the_language(page_of: PageOf) -> None:
    assert "0 at the first layer" in hovered(page_of, in_recipe("(depth)", "(dep|th)"))
    assert "clamp(x, low, high)" in hovered(page_of, "let y = cla|mp(1, 2, 3)")
    assert "A checkpoint" in hovered(page_of, in_recipe("model base", "mod|el base"))
    assert "element type" in hovered(page_of, in_recipe("{ dtype", "{ dt|ype"))


def test_nothing_of_comments_signs_and_unknown_words(page_of: PageOf) -> None:
    for marked in ("# mod|el", "let x = 1 |+ 2", "let x = unk|nown", "|", "let x = 0.|5"):
        assert hovered(page_of, marked) == "", marked


# --- where names lead ------------------------------------------------------------------------------------------------


def target(page_of: PageOf, marked: str) -> Target | None:
    return definition_at(page_of(marked.replace("|", "")), marked.index("|"))


@pytest.mark.parametrize(
    ("word", "cursor", "declared"),
    [
        ("lerp(base,", "lerp(ba|se,", "base ="),
        ("lerp(base,", "lerp(|base,", "base ="),
        ("t = share", "t = share|", "share ="),
        ("= ramp(", "= ra|mp(", "ramp(x)"),
        ("= x *", "= |x *", "x) ="),
        ("tuned.weight", "tun|ed.weight", "tuned ="),
        ("output m", "output |m", "m = lerp"),
        ("model base", "model ba|se", "base ="),
    ],
)
def test_a_name_leads_to_its_statement(page_of: PageOf, word: str, cursor: str, declared: str) -> None:
    found = target(page_of, in_recipe(word, cursor))
    assert found is not None
    assert found.path is None
    assert RECIPE[found.start :].startswith(declared)


def test_roles_parameters_and_methods_lead_nowhere(page_of: PageOf) -> None:
    for word, cursor in (
        ("[attention]", "[atten|tion]"),
        ("= lerp(", "= le|rp("),
        (".weight = 1\n  t", ".wei|ght = 1\n  t"),
    ):
        assert target(page_of, in_recipe(word, cursor)) is None


def test_names_of_another_file(page_of: PageOf, folder: Path) -> None:
    folder.joinpath("inner.merge").write_text("# é\nparam deep = 0.5\n")
    folder.joinpath("names.merge").write_text('include "inner.merge"\ninclude "names.merge"\nmodel far = "base"\n')
    found = target(page_of, 'include "names.merge"\nmerge m = lerp(|far, far) { t = deep }\n')
    assert found is not None
    assert found.path == str(folder / "names.merge")
    assert found.text[found.start :].startswith("far =")
    found = target(page_of, 'include "names.merge"\nmerge m = lerp(far, far) { t = de|ep }\n')
    assert found is not None
    assert found.path == str(folder / "inner.merge")
    found = target(page_of, 'include "nam|es.merge"\n')
    assert found is not None
    assert found.path == str(folder / "names.merge")
    assert target(page_of, 'include "no|where.merge"\n') is None


def test_the_outline_has_statements_and_rules() -> None:
    symbols = outline(RECIPE, Lines(RECIPE))
    assert [(s.name, s.detail) for s in symbols] == [
        ("base", "base"),
        ("tuned", "./tuned"),
        ("share", "param"),
        ("ramp", "let"),
        ("m", "merge"),
        ("m", "output"),
    ]
    rules = symbols[4].children
    assert rules is not None
    assert [(r.name, r.detail) for r in rules][:3] == [
        ("t", "share"),
        ("t[attention]", "ramp(depth)"),
        ('t["*.q_proj.*"]', "1"),
    ]
    assert all(inside(symbols[4], rule) for rule in rules)


def inside(outer: DocumentSymbol, inner: DocumentSymbol) -> bool:
    return (outer.range.start.line, outer.range.end.line) >= (inner.range.start.line, inner.range.end.line) or (
        outer.range.start.line <= inner.range.start.line and inner.range.end.line <= outer.range.end.line
    )


def test_the_outline_of_broken_text_has_the_names() -> None:
    text = "model base = \nmerge m = lerp(base, {\noutput m"
    assert [s.name for s in outline(text, Lines(text))] == ["base", "m", "m"]


@pytest.mark.parametrize(
    ("marked", "label", "active"),
    [
        ("merge m = linear(|", "linear(", 0),
        ("merge m = stack(lerp(a, |", "lerp(", 1),
        ("let x = clamp(1, 2, |", "clamp(x, low, high)", 2),
        ("let f(a, b) = a\nlet x = f(|", "f(a, b)", 0),
        ("merge m = linear(a, b, c, d, e|", "linear(", None),
    ],
)
def test_signatures(page_of: PageOf, marked: str, label: str, active: int | None) -> None:
    found = signature_at(page_of(marked.replace("|", "")), marked.index("|"))
    assert found is not None
    assert found.signatures[0].label.startswith(label)
    assert active is None or found.active_parameter == active


def test_no_signature_outside_of_calls(page_of: PageOf) -> None:
    for marked in ("merge m = lerp(a, b) { t = |", "let x = unknown(|", "|"):
        assert signature_at(page_of(marked.replace("|", "")), marked.index("|")) is None

"""The tree that a correct mergekit recipe becomes."""

from __future__ import annotations

import pytest

from mergec.syntax import tree
from tests.support.trees import read, written


def merged(text: str) -> str:
    """The merge statement of a recipe without findings."""
    document, report = read(text)
    assert document is not None, report.diagnostics
    assert not report.diagnostics
    (statement,) = (s for s in document.statements if isinstance(s, tree.MergeStatement))
    return written(statement).removeprefix("merge merged = ")


def test_models_form() -> None:
    document, report = read(
        "models: [{model: org/A-1}, {model: org/B}]\nmerge_method: slerp\nbase_model: org/B\n"
        "parameters: {t: 0.5}\ndtype: torch.bfloat16\n"
    )
    assert not report.diagnostics
    assert written(document) == (
        'model A_1 = "org/A-1"\nmodel B = "org/B"\n'
        "merge merged = slerp(A_1, B, base? = B) {t = 0.5}\n"
        "output merged {dtype = bfloat16; donor = B}"
    )


def test_base_that_is_not_listed_becomes_the_last_input_of_models() -> None:
    text = "models: [{model: a}, {model: b}]\nmerge_method: linear\nbase_model: c\n"
    assert merged(text) == "linear(a, b, c, base? = c)"


def test_base_that_is_not_listed_is_no_source_of_slices() -> None:
    text = "slices: [{sources: [{model: a, layer_range: [0, 4]}]}]\nmerge_method: linear\nbase_model: c\n"
    assert merged(text) == "linear(a[0..4], base? = c)"


def test_several_slices_are_stacked() -> None:
    text = """
slices:
- sources: [{model: a, layer_range: [0, 4]}]
- sources: [{model: a, layer_range: [2, 6]}, {model: b, layer_range: [2, 6]}]
  base_model: b
  parameters: {scale: 2}
merge_method: slerp
base_model: a
parameters: {scale: 1}
"""
    assert merged(text) == (
        "stack(slerp(a[0..4], base? = a) {scale = 1}, slerp(a[2..6], b[2..6], base? = b) {scale = 1; scale = 2})"
    )


def test_out_dtype_wins_over_dtype_and_without_base_there_is_no_donor() -> None:
    document, _ = read("models: [{model: a}]\nmerge_method: linear\ndtype: float32\nout_dtype: float16\n")
    assert written(document).endswith("output merged {dtype = float16}")


def test_lowest_precedence_comes_first_and_first_match_becomes_last_rule() -> None:
    text = """
slices:
- sources:
  - model: a
    layer_range: [0, 4]
    parameters: {weight: [0, 1]}
  - model: b
    layer_range: [0, 4]
    parameters:
      weight:
      - {filter: mlp, value: 1}
      - {filter: norm, value: [0, 1]}
      - value: 3
  parameters: {weight: 0.2}
merge_method: linear
parameters: {weight: 0.1, normalize: no}
"""
    assert merged(text) == (
        "linear(a[0..4], b[0..4]) {weight = 0.1; normalize = False; weight = 0.2; #0.weight = gradient(0, 1); "
        '#1.weight = 3; #1.weight["norm"] = gradient(0, 1); #1.weight["mlp"] = 1}'
    )


@pytest.mark.parametrize(
    ("setting", "rules"),
    [
        ("0.5", "t = 0.5"),
        ("'0.5'", "t = 0.5"),
        ("yes", "t = True"),
        ("word", 't = "word"'),
        ("[0.25]", "t = gradient(0.25)"),
        ("[no, on]", "t = gradient(False, True)"),
        ("{value: 1}", "t = 1"),
        ("{filter: q, value: [1, 2]}", 't["q"] = gradient(1, 2)'),
        ("[{filter: '*', value: 1}]", "t = 1"),
        ("[{filter: '', value: 1}]", "t = 1"),
        ("[{filter: ~, value: 1}]", "t = 1"),
        ("[{filter: layers.1, value: 1}]", 't["layers.1"] = 1'),
        ("[{value: 1}, {filter: q, value: 2}]", 't["q"] = 2; t = 1'),
    ],
)
def test_a_setting(setting: str, rules: str) -> None:
    text = f"models: [{{model: a}}]\nmerge_method: slerp\nparameters: {{t: {setting}}}\n"
    assert merged(text) == f"slerp(a) {{{rules}}}"


@pytest.mark.parametrize("parameters", ["{t: []}", "{}", "", "~"])
def test_nothing_set(parameters: str) -> None:
    assert merged(f"models: [{{model: a}}]\nmerge_method: slerp\nparameters: {parameters}\n") == "slerp(a)"


def test_optional_keys_may_be_null() -> None:
    text = "models: [{model: a, parameters: ~}]\nslices:\nmerge_method: slerp\nbase_model:\ndtype: ~\ntokenizer:\n"
    assert merged(text) == "slerp(a)"


def test_a_model_twice_in_a_slice() -> None:
    text = "slices: [{sources: [&s {model: a, layer_range: [0, 4]}, *s]}]\nmerge_method: slerp\nbase_model: a\n"
    assert merged(text) == "slerp(a[0..4], a[0..4], base? = a)"


def test_references_and_names() -> None:
    refs = ["org/2-x", "other/2-x", "org/2-x@main", "{model: {path: org/2-x, revision: main}}", "mlp", "./d/é/", ".."]
    refs += ["linear", "{model: {path: p}}", "{model: p@1}", "C:\\models\\last"]
    text = "merge_method: linear\nmodels:\n" + "".join(f"- model: {ref}\n" for ref in refs)
    document, report = read(text)
    assert not report.diagnostics
    assert document is not None
    models = [(s.name.text, s.reference.value) for s in document.statements if isinstance(s, tree.ModelStatement)]
    assert models == [
        ("m_2_x", "org/2-x"),
        ("m_2_x_2", "other/2-x"),
        ("m_2_x_3", "org/2-x@main"),
        ("mlp_2", "mlp"),
        ("model_2", "./d/é/"),
        ("model_3", ".."),
        ("linear_2", "linear"),
        ("p", "p"),
        ("p_2", "p@1"),
        ("last", "C:\\models\\last"),
    ]


def test_layers_as_whole_floats_and_text() -> None:
    text = 'slices: [{sources: [{model: a, layer_range: [0.0, "4"]}]}]\nmerge_method: linear\n'
    assert merged(text) == "linear(a[0..4])"


def test_places_of_rules_and_values() -> None:
    text = (
        "\ufeff# é 😀\nmodels:\n- model: a\n  parameters:\n    weight: &w [0, 1]\n- model: b\n  parameters:\n"
        "    weight: *w\n    scale:\n    - filter: q\n      value: 2\n\nmerge_method: linear\n"
    )
    document, _ = read(text.replace("\n", "\r\n"))
    assert document is not None
    (call,) = (s.value for s in document.statements if isinstance(s, tree.MergeStatement))
    assert isinstance(call, tree.Call)
    assert [(r.span.text, r.span.line, r.span.column) for r in call.rules] == [
        ("weight: &w [0, 1]", 5, 5),
        ("weight: *w", 8, 5),
        ("filter: q\r\n      value: 2", 10, 7),
    ]
    assert [r.value.span.text for r in call.rules] == ["&w [0, 1]", "&w [0, 1]", "2"]
    assert call.function.span.text == "linear"
    assert [a.span.text for a in call.arguments] == ["a", "b"]


def test_no_model_gets_a_name_that_recipes_reserve() -> None:
    from mergec.recipe.names import RESERVED

    words = sorted(word for word in RESERVED if word.isidentifier())
    assert words
    document, _ = read("merge_method: linear\nmodels:\n" + "".join(f"- model: '{word}'\n" for word in words))
    assert document is not None
    names = [s.name.text for s in document.statements if isinstance(s, tree.ModelStatement)]
    assert names == [f"{word}_2" for word in words]

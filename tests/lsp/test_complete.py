"""What is offered at a place; `|` is the cursor."""

from __future__ import annotations

import pytest
from lsprotocol.types import MarkupContent, TextEdit

from mergec.core.dtype import OUTPUT_NAMES
from mergec.hooks import Plugins
from mergec.lsp import words
from mergec.lsp.complete import completions
from mergec.lsp.positions import Lines
from mergec.recipe.resolve_output import SETTINGS
from mergec.recipe.values import CONSTANTS, FUNCTIONS, PLACES
from mergec.syntax.words import ROLES, STATEMENTS
from tests.support.merge_page import PageOf

MODELS = 'model base = "base"\nmodel tuned = "tuned"\nparam share = 0.5 in 0..1\nlet ramp(x) = x * share\n'


def offered(page_of: PageOf, marked: str) -> set[str]:
    text = marked.replace("|", "")
    return {item.label for item in completions(page_of(text), marked.index("|"), Lines(text))}


@pytest.mark.parametrize("marked", ["|", "mo|", MODELS + "|", MODELS + "mer|", 'merge m = (\nmodel a = "b"\nou|'])
def test_statements_where_one_can_begin(page_of: PageOf, marked: str) -> None:
    assert set(STATEMENTS) <= offered(page_of, marked)


def test_models_merges_and_methods_in_a_merge(page_of: PageOf, plugins: Plugins) -> None:
    text = MODELS + "merge other = lerp(base, tuned) { t = 1 }\nmerge m = |"
    found = offered(page_of, text)
    assert {"base", "tuned", "other", "share", "ramp", "stack", *plugins.methods} <= found
    assert not {"m", "depth", "sin", "true", "mlp"} & found


def test_a_base_after_the_other_inputs(page_of: PageOf) -> None:
    assert "base" not in offered(page_of, "merge m = lerp(|")
    assert "base" in offered(page_of, 'model x = "x"\nmodel y = "y"\nmerge m = lerp(x, y, |')


@pytest.mark.parametrize("rest", ["", " }", "\n}\noutput m { dtype = float16 }", "\nmerge next = lerp(", " ) ] }"])
def test_parameters_of_the_call_whatever_follows(page_of: PageOf, rest: str) -> None:
    found = offered(page_of, MODELS + "merge m = linear(base, tuned) { |" + rest)
    assert {"weight", "normalize", "method", "base", "tuned"} <= found
    assert not {"t", "share", "depth"} & found


def test_parameters_of_methods_that_a_rule_chooses(page_of: PageOf) -> None:
    assert "t" in offered(page_of, MODELS + "merge m = linear(base, tuned) { method[norm] = lerp\n  |")


def test_parameters_after_an_input(page_of: PageOf) -> None:
    assert offered(page_of, MODELS + "merge m = linear(base, tuned) { base.|") == {"weight"}
    assert offered(page_of, MODELS + "merge m = linear(base, tuned) { base.weight[mlp] = 1 tuned.w|") == {"weight"}


def test_methods_for_some_tensors(page_of: PageOf, plugins: Plugins) -> None:
    found = offered(page_of, MODELS + "merge m = lerp(base, tuned) { method[norm] = |")
    assert set(plugins.methods) <= found
    assert "share" not in found


def test_numbers_in_a_value(page_of: PageOf) -> None:
    found = offered(page_of, MODELS + "merge m = lerp(base, tuned) { t = |")
    functions = {name for name in FUNCTIONS if name.isidentifier()} - {"negate"}
    assert {"share", "ramp", "curve", *PLACES, *CONSTANTS, *functions} <= found
    assert not {"base", "lerp", "model"} & found


def test_a_functions_own_names(page_of: PageOf) -> None:
    assert {"x", "share"} <= offered(page_of, MODELS + "let f(x) = |")
    assert "x" not in offered(page_of, MODELS + "let f(x) = x\nlet g(y) = |")


def test_roles_in_a_selector(page_of: PageOf) -> None:
    found = offered(page_of, MODELS + "merge m = lerp(base, tuned) { t[mlp or |")
    assert {*ROLES, "layers", "rank", "not"} <= found
    assert "and" not in found


def test_words_of_logic_between_selectors(page_of: PageOf) -> None:
    assert offered(page_of, MODELS + "merge m = lerp(base, tuned) { t[mlp |") == {"and", "or"}


def test_words_of_a_repetition_come_from_the_grammar(page_of: PageOf) -> None:
    text = MODELS + "merge m = stack(base[i..i+2] "
    assert offered(page_of, text + "|") == {"for"}
    assert offered(page_of, text + "for |") == set()
    assert offered(page_of, text + "for i |") == {"in"}
    assert "share" in offered(page_of, text + "for i in |")
    assert "by" in offered(page_of, text + "for i in 0..4 |")
    assert {"i", "share"} <= offered(page_of, MODELS + "merge m = stack(base[| for i in 0..4)")


def test_a_range_of_layers_in_a_selector_has_no_names(page_of: PageOf) -> None:
    assert offered(page_of, MODELS + "merge m = lerp(base, tuned) { t[layers[|") == set()


def test_settings_and_their_values(page_of: PageOf) -> None:
    text = MODELS + "merge m = lerp(base, tuned) { t = 1 }\n"
    assert offered(page_of, text + "output |") == {"m"}
    assert set(SETTINGS) == offered(page_of, text + "output m { |")
    assert set(OUTPUT_NAMES) <= offered(page_of, text + "output m { dtype = |")
    for setting in ("donor", "tokenizer", "chat_template"):
        assert {"base", "tuned"} <= offered(page_of, text + f"output m {{ {setting} = |")


def test_nothing_in_comments_numbers_and_new_names(page_of: PageOf) -> None:
    for marked in ("# mo|", "let x = 0.|", "model |", "let f(|", 'requires "x|"'):
        assert offered(page_of, marked) == set(), marked


# --- inside of strings -----------------------------------------------------------------------------------------------


def test_globs_for_the_tensors_of_the_models(page_of: PageOf) -> None:
    found = offered(page_of, MODELS + 'merge m = lerp(base, tuned) { t["|')
    assert {"*.self_attn.*", "*.self_attn.q_proj.weight", "*.input_layernorm.weight", "lm_head.weight"} <= found
    assert "model.layers.0.self_attn.q_proj.weight" not in found


def test_full_names_once_one_is_begun(page_of: PageOf) -> None:
    found = offered(page_of, MODELS + 'merge m = lerp(base, tuned) { t["model.layers.1.s|"] = 1 }')
    assert "model.layers.1.self_attn.q_proj.weight" in found
    assert "model.layers.2.self_attn.q_proj.weight" not in found


def test_a_string_is_replaced_between_its_quotes(page_of: PageOf) -> None:
    marked = MODELS + 'merge m = lerp(base, tuned) { t["😀*s|elf"] = 1 }'
    text = marked.replace("|", "")
    lines = Lines(text)
    item = next(i for i in completions(page_of(text), marked.index("|"), lines) if i.label == "*.mlp.*")
    assert isinstance(item.text_edit, TextEdit)
    place = item.text_edit.range
    assert text[lines.offset(place.start) : lines.offset(place.end)] == "😀*self"
    assert item.detail == "12 tensors"


def test_no_globs_of_models_that_are_not_there(page_of: PageOf) -> None:
    assert offered(page_of, 'model x = "nowhere"\nmerge m = lerp(x, x) { t["|') == set()


def test_directories_for_a_model(page_of: PageOf) -> None:
    assert {"base", "tuned"} <= offered(page_of, 'model x = "|')
    assert {"./base", "./tuned"} <= offered(page_of, 'model x = "./t|"\n')
    assert offered(page_of, 'model x = "/nowhere/at/all|"\n') == set()


# --- what is said of each --------------------------------------------------------------------------------------------


def test_methods_come_with_their_documentation(page_of: PageOf, plugins: Plugins) -> None:
    items = {item.label: item for item in completions(page_of("merge m = "), 10, Lines("merge m = "))}
    for name, provided in plugins.methods.items():
        text = items[name].documentation
        assert isinstance(text, MarkupContent)
        assert provided.method.summary in text.value
        assert all(param.doc in text.value for param in provided.method.params)


def test_every_word_of_the_language_is_explained() -> None:
    assert set(words.STATEMENT_DOCS) == set(STATEMENTS)
    assert set(words.ROLE_DOCS) == set(ROLES)
    assert set(words.SETTING_DOCS) == set(SETTINGS)
    assert set(words.PLACE_DOCS) == {*PLACES, *CONSTANTS}
    assert set(words.SIGNATURES) == set(words.function_names())

"""The published schema and the front end agree on what a recipe is."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from mergec.syntax.grammar_text import read_grammar_file
from tests.support.trees import read

ROOT = Path(__file__).parents[3]
ONE = "models: [{model: a}]\nmerge_method: m\n"
SETTING = ONE + "parameters: {t: %s}\n"
SOURCE = "merge_method: m\nslices: [{sources: [{model: a, layer_range: %s}]}]\n"
REF = "merge_method: m\nmodels: [{model: %s}]\n"

VALID = [
    ONE,
    SOURCE % "[0, 4]",
    *(SOURCE % f"[0, {n}]" for n in ("'4'", "4.0", "1e1", "010", "'4.'")),
    *(REF % r for r in ("org/a", "a@b", "{model: a}", "{model: {path: a, revision: b}}", "{model: a@b, lora: ~}")),
    *(SETTING % s for s in ("1", "-.5", "1e-3", "'x'", "yes", "[]", "[1, true, x]", "{value: 1}", "[{value: [1, 2]}]")),
    *(SETTING % s for s in ("[{filter: a, value: 1}, {value: 2}]", "{filter: ~, value: 'x'}", "''", "1:30")),
    *(ONE + f"{key}: ~\n" for key in ("slices", "modules", "tokenizer", "tokenizer_source", "chat_template", "name")),
    *(ONE + f"{key}:\n" for key in ("base_model", "parameters", "dtype", "out_dtype", "requires")),
    *(ONE + f"requires: {text}\n" for text in ("mergec-foo >= 1.2", "['a >= 1', b]", "[]")),
    ONE + "dtype: float32\nout_dtype: torch.bfloat16\nbase_model: b\n",
    "x: &s {model: a, layer_range: [0, 4]}".replace("x: ", "merge_method: m\nslices: [{sources: [") + ", *s]}]\n",
    "merge_method: m\nslices: [{sources: [{model: a, layer_range: [0, 4]}], base_model: b, residual_weight: 1}]\n",
]
INVALID = [
    *("[]", "text", "5", "merge_method: m\n", "models: [{model: a}]\n"),
    ONE + "slices: [{sources: [{model: a, layer_range: [0, 4]}]}]\n",
    *(ONE + f"{key}: x\n" for key in ("modules", "tokenizer", "chat_template", "name", "unknown", "parameters")),
    *(ONE + f"requires: {text}\n" for text in ("5", "{a: 1}", "[[a]]", "[1.2]", "yes")),
    *(ONE + f"dtype: {dtype}\n" for dtype in ("bf16", "int64", "auto", "[float32]", "torch.half", "16")),
    *("models: [{model: a}]\nmerge_method: " + name for name in ("", "''", "5", "[m]", "yes")),
    *("merge_method: m\nmodels: " + models for models in ("[]", "{}", "a", "[a]", "[{}]", "[[]]")),
    *(REF % r for r in ("5", "''", "a+b", "a@b@c", "'@b'", "a@", "{}", "[a]", "{model: ~}", "{model: a, lora: b}")),
    *(REF % r for r in ("{path: a}", "{model: {revision: b}}", "{model: {path: a@b}}", "{model: {path: a, x: 1}}")),
    *(
        SETTING % s
        for s in ("", "[~]", "[[1]]", "[1, {value: 1}]", "{filter: a}", "[{value: []}]", "{value: {value: 1}}")
    ),
    *(SETTING % s for s in (".inf", "-.inf", "2001-01-01", "{value: 1, x: 2}", "{value: 1, filter: 5}")),
    *(SOURCE % r for r in ("", "4", "[4]", "[0, 1, 2]", "[0, -1]", "[0, 1.5]", "[0, x]", "[0, true]", "[0, ~]")),
    *("merge_method: m\nslices: " + slices for slices in ("[]", "[{}]", "[a]", "[{sources: []}]", "[{sources: a}]")),
    "merge_method: m\nslices: [{sources: [{model: a}]}]\n",
    "merge_method: m\nslices: [{sources: [{layer_range: [0, 4]}]}]\n",
    "merge_method: m\nmodels: [{model: a, layer_range: [0, 4]}]\n",
]
BEYOND_A_SCHEMA = [
    ONE + "merge_method: n\n",
    SOURCE % "[4, 2]",
    SOURCE % "[4, 4]",
    SETTING % "1e999",
    SETTING % "'9e999'",
]


@functools.cache
def validator() -> Any:
    schema = json.loads(read_grammar_file("recipe.schema.json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def accepted_by_schema(text: str) -> bool:
    return bool(validator().is_valid(yaml.safe_load(text)))


def accepted_by_parser(text: str) -> bool:
    document, report = read(text)
    assert (document is None) == report.failed
    return document is not None


@pytest.mark.parametrize("text", VALID)
def test_both_accept(text: str) -> None:
    assert accepted_by_schema(text)
    assert accepted_by_parser(text)


@pytest.mark.parametrize("text", INVALID)
def test_both_refuse(text: str) -> None:
    assert not accepted_by_schema(text)
    assert not accepted_by_parser(text)


@pytest.mark.parametrize("text", BEYOND_A_SCHEMA)
def test_what_only_the_parser_can_see(text: str) -> None:
    assert accepted_by_schema(text)
    assert not accepted_by_parser(text)


@pytest.mark.parametrize("path", sorted((ROOT / "recipes").glob("*.yaml")), ids=lambda p: p.name)
def test_shipped_recipes_are_valid(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert accepted_by_schema(text)
    assert accepted_by_parser(text)

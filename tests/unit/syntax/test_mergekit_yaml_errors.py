"""What the YAML front end says of recipes that are wrong: code, place, and what it points at."""

from __future__ import annotations

import pytest

from tests.support.trees import found, read

MODELS = "models: [{model: a}]\n"
GOOD = MODELS + "merge_method: linear\n"
SOURCE = "merge_method: linear\nslices: [{sources: [{model: a, layer_range: %s}]}]\n"
SETTING = GOOD + "parameters: {t: %s}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("empty-recipe", "1:1", "")),
        ("# only words\n", ("empty-recipe", "1:1", "")),
        ("---\n", ("empty-recipe", "1:1", "")),
        ("[a]\n", ("wrong-type", "1:1", "[a]")),
        ("just words\n", ("wrong-type", "1:1", "just words")),
        (MODELS, ("missing-key", "1:1", "models: [{model: a}]")),
        ("merge_method: linear\n", ("missing-key", "1:1", "merge_method: linear")),
        ("merge_method: linear\nmodels: []\n", ("missing-key", "2:9", "[]")),
        ("merge_method: linear\nmodels:\n", ("missing-key", "2:1", "models")),
        ("merge_method: linear\nslices: {}\n", ("wrong-type", "2:9", "{}")),
        (MODELS + "merge_method:\n", ("wrong-type", "2:1", "merge_method")),
        (MODELS + "merge_method: [linear]\n", ("wrong-type", "2:15", "[linear]")),
        (MODELS + "merge_method: 5\n", ("wrong-type", "2:15", "5")),
        (MODELS + "merge_method: ''\n", ("bad-value", "2:15", "''")),
        (GOOD + "slices: [{sources: [{model: a, layer_range: [0, 1]}]}]\n", ("conflicting-keys", "3:1", "slices")),
        (GOOD + "slcies: []\n", ("unknown-key", "3:1", "slcies")),
        (GOOD + "merge_method: slerp\n", ("duplicate-key", "3:1", "merge_method")),
        (GOOD + "modules: {}\n", ("not-supported", "3:1", "modules")),
        (GOOD + "tokenizer_source: base\n", ("not-supported", "3:1", "tokenizer_source")),
        (GOOD + "tokenizer: {source: base}\n", ("not-supported", "3:1", "tokenizer")),
        (GOOD + "chat_template: auto\n", ("not-supported", "3:1", "chat_template")),
        (GOOD + "name: first\n", ("not-supported", "3:1", "name")),
        (GOOD + "---\n" + GOOD, ("not-supported", "3:1", "---")),
        (GOOD + "parameters: 5\n", ("wrong-type", "3:13", "5")),
        (GOOD + "dtype: bf16\n", ("bad-dtype", "3:8", "bf16")),
        (GOOD + "out_dtype: int64\n", ("bad-dtype", "3:12", "int64")),
        (GOOD + "base_model: a+lora\n", ("not-supported", "3:13", "a+lora")),
        (GOOD + "base_model: a@b@c\n", ("bad-value", "3:13", "a@b@c")),
        (GOOD + "base_model: 2024-01-01\n", ("wrong-type", "3:13", "2024-01-01")),
        (GOOD + "base_model: [a]\n", ("wrong-type", "3:13", "[a]")),
        (GOOD + "base_model: {model: {path: a, lora: b}}\n", ("unknown-key", "3:31", "lora")),
        (GOOD + "base_model: {model: {path: a}, lora: b}\n", ("not-supported", "3:32", "lora: b")),
        (GOOD + "base_model: {model: {path: a@b}}\n", ("not-supported", "3:28", "a@b")),
        (
            GOOD + "base_model: {model: a, override_architecture: X}\n",
            ("not-supported", "3:24", "override_architecture"),
        ),
        (GOOD + "base_model: {lora: ~}\n", ("missing-key", "3:13", "{lora: ~}")),
        (GOOD + "base_model: {modle: a}\n", ("unknown-key", "3:14", "modle")),
        ("merge_method: linear\nmodels: [a]\n", ("wrong-type", "2:10", "a")),
        ("merge_method: linear\nmodels: [{parameters: {}}]\n", ("missing-key", "2:10", "{parameters: {}}")),
        ("merge_method: linear\nmodels: [{model: a, layer_range: [0, 1]}]\n", ("unknown-key", "2:21", "layer_range")),
        ("merge_method: linear\nslices: [{}]\n", ("missing-key", "2:10", "{}")),
        ("merge_method: linear\nslices: [{sources: []}]\n", ("missing-key", "2:20", "[]")),
        ("merge_method: linear\nslices: [{sources: [{model: a}]}]\n", ("missing-key", "2:21", "{model: a}")),
        (SOURCE % "[0]", ("wrong-type", "2:45", "[0]")),
        (SOURCE % "5", ("wrong-type", "2:45", "5")),
        (SOURCE % "[0, x]", ("wrong-type", "2:49", "x")),
        (SOURCE % "[0, 1.5]", ("wrong-type", "2:49", "1.5")),
        (SOURCE % "[0, true]", ("wrong-type", "2:49", "true")),
        (SOURCE % "[-4, 4]", ("bad-layer-range", "2:46", "-4")),
        (SOURCE % "[5, 2]", ("bad-layer-range", "2:45", "[5, 2]")),
        (SOURCE % "[5, 5]", ("bad-layer-range", "2:45", "[5, 5]")),
        (SETTING % "", ("wrong-type", "3:14", "t")),
        (SETTING % "[0, ~]", ("wrong-type", "3:21", "~")),
        (SETTING % "[0, [1]]", ("wrong-type", "3:21", "[1]")),
        (SETTING % "[{value: 1}, 2]", ("wrong-type", "3:30", "2")),
        (SETTING % "[{filter: q}]", ("missing-key", "3:18", "{filter: q}")),
        (SETTING % "[{value: []}]", ("bad-value", "3:26", "[]")),
        (SETTING % "[{value: {value: 1}}]", ("wrong-type", "3:26", "{value: 1}")),
        (SETTING % "[{value: 1, filtre: q}]", ("unknown-key", "3:29", "filtre")),
        (SETTING % "[{value: 1, filter: 5}]", ("wrong-type", "3:37", "5")),
        (SETTING % ".inf", ("bad-value", "3:17", ".inf")),
        (SETTING % ".NaN", ("bad-value", "3:17", ".NaN")),
        (SETTING % "1e999", ("bad-value", "3:17", "1e999")),
        (SETTING % "2001-01-01", ("wrong-type", "3:17", "2001-01-01")),
    ],
)
def test_one_mistake(text: str, expected: tuple[str, str, str]) -> None:
    document, report = read(text)
    assert document is None
    assert found(report) == [expected]


@pytest.mark.parametrize(
    ("text", "help"),
    [
        (GOOD + "slcies: []\n", "did you mean `slices`?"),
        (GOOD + "Base_Model: a\n", "did you mean `base_model`?"),
        (GOOD + "normalize: true\n", "under `parameters`"),
        ("merge_method: linear\nmodels: [{model: a, paramters: {}}]\n", "did you mean `parameters`?"),
        ("merge_method: linear\nmodels: [{model: a, layer_range: [0, 1]}]\n", "`sources` of `slices`"),
        (GOOD + "dtype: bf16\n", "did you mean `bfloat16`?"),
        (GOOD + "dtype: Half\n", "did you mean `float16`?"),
        (GOOD + "dtype: floatt32\n", "did you mean `float32`?"),
        (GOOD + "dtype: auto\n", "leave `dtype` out"),
        (GOOD + "dtype: int64\n", "choose one of `bfloat16`, `float16`, `float32`, `float64`"),
        (MODELS + "merge_method: 5\n", 'quote it: "5"'),
    ],
)
def test_the_remedy(text: str, help: str) -> None:
    _, report = read(text)
    (diagnostic,) = report.diagnostics
    assert help in (diagnostic.help or "")


def test_everything_is_said_at_once() -> None:
    document, report = read(
        "models:\n- model: a\n  wieght: 1\n- modle: b\nmerge_method: 7\ndtype: fp16\n"
        "parameters:\n  t: [{valeu: 1}]\n  t: ~\ntokenizer_source: union\n"
    )
    assert document is None
    assert [(code, place) for code, place, _ in found(report)] == [
        ("duplicate-key", "9:3"),
        ("not-supported", "10:1"),
        ("wrong-type", "5:15"),
        ("wrong-type", "9:6"),
        ("bad-dtype", "6:8"),
        ("unknown-key", "3:3"),
        ("unknown-key", "4:3"),
    ]


def test_a_duplicate_key_points_at_both() -> None:
    _, report = read(GOOD + "merge_method: slerp\n")
    assert [label.span.line for label in report.diagnostics[0].labels] == [3, 2]


def test_findings_end_somewhere() -> None:
    _, report = read("merge_method: linear\nmodels:\n" + "- x\n" * 5000)
    assert len(report.diagnostics) == 101
    assert report.diagnostics[-1].code.value == "too-complex"


def test_a_dead_key_is_a_warning() -> None:
    document, report = read(
        "merge_method: linear\nslices: [{residual_weight: 0, sources: [{model: a, layer_range: [0, 1]}]}]\n"
    )
    assert document is not None
    assert found(report) == [("unknown-key", "2:11", "residual_weight")]
    assert report.warnings

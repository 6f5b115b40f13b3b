from __future__ import annotations

import json
from typing import Any

import pytest

from mergec.sidecar import ConfigChanges, lost_patterns, parse_config, repair_config

TOP = ("num_hidden_layers",)


def repaired(data: dict[str, Any], changes: ConfigChanges) -> dict[str, Any]:
    text = repair_config(parse_config(json.dumps(data).encode()), changes)
    result: dict[str, Any] = json.loads(text)
    return result


def stacked(data: dict[str, Any], *layers: int) -> dict[str, Any]:
    return repaired(data, ConfigChanges(layers=layers, layer_keys=TOP))


@pytest.mark.parametrize("text", ['{"num_hidden_layers":2,\n\t"a": [1e-5, NaN]}', '{"num_hidden_layers": 2}\n\n'])
def test_a_text_that_needs_no_change_stays_as_it_is(text: str) -> None:
    changes = ConfigChanges(layers=(0, 1), layer_keys=TOP, tie_word_embeddings=False)
    assert repair_config(parse_config(text.encode()), changes) == text


def test_order_and_other_values_are_kept() -> None:
    text = '{"z": [0.0, Infinity], "torch_dtype": "float32", "a": {"é": 1e-05, "n": 12345678901234567890}}'
    assert repair_config(parse_config(text.encode()), ConfigChanges(dtype="bfloat16")) == (
        '{\n  "z": [\n    0.0,\n    Infinity\n  ],\n  "torch_dtype": "bfloat16",\n  "a": {\n    "é": 1e-05,\n'
        '    "n": 12345678901234567890\n  }\n}\n'
    )


def test_escapes_stay_escapes() -> None:
    text = repair_config(parse_config(rb'{"a": "\u00e9 \ud800"}'), ConfigChanges(dtype="float16"))
    assert text == '{\n  "a": "\\u00e9 \\ud800",\n  "dtype": "float16"\n}\n'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"a": 1}, {"a": 1, "dtype": "float16"}),
        ({"dtype": "float32"}, {"dtype": "float16"}),
        ({"torch_dtype": "float32", "a": 1}, {"torch_dtype": "float16", "a": 1}),
        ({"text_config": {"torch_dtype": "float32"}}, {"text_config": {"torch_dtype": "float16"}}),
        (
            {"torch_dtype": "float32", "text_config": {"dtype": "float32"}, "vision_config": {"torch_dtype": None}},
            {"torch_dtype": "float16", "text_config": {"dtype": "float16"}, "vision_config": {"torch_dtype": None}},
        ),
    ],
)
def test_dtype_goes_where_the_donor_has_it(data: dict[str, Any], expected: dict[str, Any]) -> None:
    assert repaired(data, ConfigChanges(dtype="float16")) == expected


def test_the_donors_path_is_dropped() -> None:
    data = {"_name_or_path": "/home/someone/model", "text_config": {"_name_or_path": "x", "a": 1}}
    assert repaired(data, ConfigChanges()) == {"text_config": {"a": 1}}


def test_lists_with_an_entry_per_layer_follow_the_layers() -> None:
    data = {
        "num_hidden_layers": 4,
        "architectures": ["A"],
        "layer_types": ["a", "b", "c", "d"],
        "intermediate_size": [1, 2, 3, 4],
        "hybrid_override_pattern": "M*-E",
        "eos_token_id": [1, 2, 3, 4],
        "vision_config": {"lists": [1, 2, 3, 4]},
    }
    assert stacked(data, 0, 1, 0, 3, 3) == data | {
        "num_hidden_layers": 5,
        "layer_types": ["a", "b", "a", "d", "d"],
        "intermediate_size": [1, 2, 1, 4, 4],
        "hybrid_override_pattern": "M*MEE",
    }


def test_lists_of_layer_numbers_follow_the_layers() -> None:
    data = {"num_hidden_layers": 4, "mlp_only_layers": [1, 3], "full_attn_idxs": [0, 1, 2, 3], "moe_layers": [-1]}
    assert stacked(data, 3, 2, 1, 1, 0) == {
        "num_hidden_layers": 5,
        "mlp_only_layers": [0, 2, 3],
        "full_attn_idxs": [0, 1, 2, 3, 4],
        "moe_layers": [-1],
    }


@pytest.mark.parametrize(
    ("bound", "layers", "expected"),
    [
        (2, (0, 1, 2, 3, 2, 3), 2),
        (2, (0, 1, 0, 1, 2, 3), 4),
        (2, (2, 3), 0),
        (0, (0, 1, 2), 0),
        (2, (0, 1), 2),
        (4, (0, 1, 2, 3, 3, 3), 6),
        (28, (0, 1), 28),
    ],
)
def test_bounds_between_kinds_of_layers(bound: int, layers: tuple[int, ...], expected: int) -> None:
    data = {"num_hidden_layers": 4, "max_window_layers": bound, "first_k_dense_replace": bound}
    found = stacked(data, *layers)
    assert (found["max_window_layers"], found["first_k_dense_replace"]) == (expected, expected)


def test_windows_that_no_bound_divides_are_written_down() -> None:
    data = {"num_hidden_layers": 3, "use_sliding_window": True, "max_window_layers": 1}
    found = stacked(data, 0, 1, 2, 0, 1, 2)
    assert found["layer_types"] == ["full_attention", "sliding_attention", "sliding_attention"] * 2


def test_kinds_that_the_family_makes_up_are_written_down_when_they_would_change() -> None:
    data = {"model_type": "gemma2", "num_hidden_layers": 4}
    assert stacked(data, 0, 1, 0, 1, 2, 3) == {"model_type": "gemma2", "num_hidden_layers": 6}
    assert stacked(data, 0, 1, 1, 2)["layer_types"] == [
        "sliding_attention",
        "full_attention",
        "full_attention",
        "sliding_attention",
    ]
    assert stacked({"model_type": "llama", "num_hidden_layers": 4}, 1, 1) == {
        "model_type": "llama",
        "num_hidden_layers": 2,
    }


def test_gpt_neo_spells_its_layers_out() -> None:
    data = {
        "num_layers": 4,
        "attention_types": [[["global", "local"], 2]],
        "attention_layers": ["global", "local"] * 2,
    }
    found = repaired(data, ConfigChanges(layers=(0, 1, 1), layer_keys=("num_layers",)))
    assert found == {
        "num_layers": 3,
        "attention_types": [[["global", "local", "local"], 1]],
        "attention_layers": ["global", "local", "local"],
    }


def test_the_count_goes_under_all_its_names_in_the_sections_own_level() -> None:
    data = {
        "num_hidden_layers": 9,
        "text_config": {"n_layer": 2, "num_hidden_layers": 2, "layer_types": ["a", "b"]},
        "vision_config": {"num_hidden_layers": 2, "layer_types": ["c", "d"]},
    }
    keys = ("text_config", "num_hidden_layers")
    assert repaired(data, ConfigChanges(layers=(1, 1, 0), layer_keys=keys)) == data | {
        "text_config": {"n_layer": 3, "num_hidden_layers": 3, "layer_types": ["b", "b", "a"]}
    }


def test_tied_embeddings_are_said_where_readers_look() -> None:
    untie, tie = ConfigChanges(tie_word_embeddings=False), ConfigChanges(tie_word_embeddings=True)
    assert repaired({"model_type": "gemma2"}, untie) == {"model_type": "gemma2", "tie_word_embeddings": False}
    assert repaired({"model_type": "gemma2"}, tie) == {"model_type": "gemma2"}
    assert repaired({"tie_word_embeddings": True}, untie) == {"tie_word_embeddings": False}
    nested = {"model_type": "qwen2_vl", "text_config": {"tie_word_embeddings": True}}
    assert repaired(nested, untie) == {
        "model_type": "qwen2_vl",
        "text_config": {"tie_word_embeddings": False},
        "tie_word_embeddings": False,
    }


def test_vocabulary_size() -> None:
    changes = ConfigChanges(vocab_size=7)
    assert repaired({"vocab_size": 5, "vision_config": {"vocab_size": 5}}, changes) == {
        "vocab_size": 7,
        "vision_config": {"vocab_size": 5},
    }
    assert repaired({"text_config": {"vocab_size": 5}}, changes) == {"text_config": {"vocab_size": 7}}
    assert repaired({"text_config": {}}, changes) == {"text_config": {"vocab_size": 7}}
    assert repaired({}, changes) == {"vocab_size": 7}


@pytest.mark.parametrize(
    ("data", "layers", "expected"),
    [
        ({"attn_layer_period": 4, "attn_layer_offset": 1}, (0, 1, 2, 3, 0, 1, 2, 3), ()),
        ({"attn_layer_period": 4, "attn_layer_offset": 1}, (0, 1, 2, 0, 1), ("attn_layer_period",)),
        ({"decoder_sparse_step": 2}, (0, 1, 2, 3), ()),
        ({"decoder_sparse_step": 2}, (0, 2), ("decoder_sparse_step",)),
        ({"first_k_dense_replace": 1}, (0, 1, 2, 1, 2), ()),
        ({"first_k_dense_replace": 1}, (0, 1, 0, 1), ("first_k_dense_replace",)),
        ({"max_window_layers": 1}, (0, 1, 0, 1), ()),
        ({"moe_layer_freq": [0, 1]}, (1, 0), ()),
    ],
)
def test_rules_that_no_value_can_restore(data: dict[str, Any], layers: tuple[int, ...], expected: tuple[str]) -> None:
    config = parse_config(json.dumps(data | {"num_hidden_layers": 4}).encode())
    assert lost_patterns(config, ConfigChanges(layers=layers, layer_keys=TOP)) == expected
    assert lost_patterns(config, ConfigChanges()) == ()

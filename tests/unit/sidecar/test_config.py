from __future__ import annotations

import json
import sys

import pytest

from mergec.diagnostics import Code, Report, Source, Span
from mergec.sidecar import (
    Config,
    execution_keys,
    is_tied,
    layer_counts,
    main_count_keys,
    model_type,
    parse_config,
    quantization,
    read_config,
)
from tests.support.folders import MemoryFolder
from tests.support.zoo import all_species


def config(**data: object) -> Config:
    return parse_config(json.dumps(data).encode())


def read(content: bytes | None) -> tuple[Config | None, Report]:
    report = Report()
    span = Span(Source("r.yaml", "model: org/model"), 7, 16)
    folder = MemoryFolder({} if content is None else {"config.json": content})
    return read_config(folder, report, span), report


def test_a_good_config_is_read_without_a_word() -> None:
    found, report = read(b'{"model_type": "llama", "a": {"b": [1, {"c": 2}]}, "limit": [0.0, Infinity]}')
    assert found is not None
    assert model_type(found) == "llama"
    assert found.data["a"]["b"][1]["c"] == 2  # type: ignore[index]
    assert report.diagnostics == ()


def test_it_cannot_be_changed() -> None:
    found = config(a={"b": [1]})
    with pytest.raises(TypeError):
        found.data["a"] = 1  # type: ignore[index]
    assert found.data["a"]["b"] == (1,)  # type: ignore[index]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"a": 1,}', "line 1, column"),
        (b"", "line 1, column 1"),
        (b"[1]", "not a JSON object"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', '"c" stands in it twice'),
        (b"\xff{}", "not UTF-8"),
        (b'\xef\xbb\xbf{"a": 1}', "BOM"),
        (b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", "nested deeper"),
        (b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "nested deeper"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number that is too long"),
        (b" " * 10_000_001, "10,000,001 bytes"),
    ],
)
def test_a_bad_config_is_one_diagnostic(content: bytes, reason: str) -> None:
    found, report = read(content)
    assert found is None
    (diagnostic,) = report.diagnostics
    assert diagnostic.code is Code.BAD_CONFIG
    assert reason in diagnostic.message
    assert "org/model" in diagnostic.message
    assert diagnostic.help
    assert str(diagnostic.span) == "r.yaml:1:8"


def test_a_missing_config_is_a_diagnostic() -> None:
    found, report = read(None)
    assert found is None
    assert [d.code for d in report.diagnostics] == [Code.MISSING_FILE]


def test_layer_counts_begin_with_the_language_model() -> None:
    found = config(
        vision_config={"depth": 32},
        num_hidden_layers=99,
        text_config={"num_hidden_layers": 28, "n_layer": True, "inner": {"num_layers": 0}},
    )
    assert [(count.keys, count.layers) for count in layer_counts(found)] == [
        (("text_config", "num_hidden_layers"), 28),
        (("num_hidden_layers",), 99),
        (("vision_config", "depth"), 32),
    ]


def test_layer_counts_of_a_thinker_stand_before_those_of_a_talker() -> None:
    found = config(
        talker_config={"text_config": {"num_hidden_layers": 20}},
        thinker_config={"audio_config": {"num_hidden_layers": 32}, "text_config": {"num_hidden_layers": 48}},
    )
    assert [count.layers for count in layer_counts(found)] == [48, 20, 32]
    assert layer_counts(found)[0].keys == ("thinker_config", "text_config", "num_hidden_layers")


def test_layer_counts_of_both_halves() -> None:
    assert [c.layers for c in layer_counts(config(decoder_layers=4, encoder_layers=32))] == [32, 4]
    assert [c.layers for c in layer_counts(config(num_layers=6, num_decoder_layers=8))] == [6, 8]
    assert [c.layers for c in layer_counts(config(n_layer=12))] == [12]


@pytest.mark.parametrize(
    ("data", "layers", "keys"),
    [
        ({"n_layer": 12}, 12, "n_layer"),
        ({}, 12, "num_hidden_layers"),
        ({"encoder": {"depth": 12}}, 12, "encoder.depth"),
        ({"text_config": {"num_hidden_layers": 3}, "vision_config": {"depth": 3}}, 3, "text_config.num_hidden_layers"),
        ({"text_config": {}, "vision_config": {"depth": 32}}, 32, "text_config.num_hidden_layers"),
    ],
)
def test_where_the_main_stack_is_counted(data: dict[str, object], layers: int, keys: str) -> None:
    assert ".".join(main_count_keys(config(**data), layers)) == keys


@pytest.mark.parametrize(
    ("data", "tied"),
    [
        ({"model_type": "llama"}, False),
        ({"model_type": "gemma2"}, True),
        ({"model_type": "gpt2"}, True),
        ({"model_type": "llama", "tie_word_embeddings": True}, True),
        ({"model_type": "gemma2", "tie_word_embeddings": False}, False),
        ({"model_type": "qwen2", "tie_word_embeddings": None}, False),
        ({"model_type": "unheard-of"}, False),
        ({}, False),
        ({"model_type": "gemma3", "text_config": {"model_type": "gemma3_text"}}, True),
        ({"model_type": "llava", "text_config": {"model_type": "gemma"}}, True),
        ({"model_type": "llava", "text_config": {"model_type": "llama"}}, False),
        ({"model_type": "qwen2_vl", "text_config": {"tie_word_embeddings": True}}, True),
        ({"model_type": "qwen2_vl", "tie_word_embeddings": False, "text_config": {"tie_word_embeddings": True}}, True),
        ({"model_type": "gemma3", "tie_word_embeddings": False, "text_config": {"tie_word_embeddings": True}}, False),
    ],
)
def test_tied(data: dict[str, object], tied: bool) -> None:
    assert is_tied(config(**data)) is tied


def test_tied_agrees_with_transformers_where_the_config_is_silent() -> None:
    transformers = pytest.importorskip("transformers")
    kinds = {species.model_type for species in all_species()} | {"gemma", "gpt_neox_japanese", "cohere2", "mllama"}
    for kind in sorted(kinds & set(transformers.CONFIG_MAPPING)):
        theirs = getattr(transformers.CONFIG_MAPPING[kind](), "tie_word_embeddings", False)
        assert is_tied(config(model_type=kind)) is theirs, kind


@pytest.mark.parametrize(
    ("data", "method"),
    [
        ({}, None),
        ({"quantization_config": None}, None),
        ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, "gptq"),
        ({"quantization_config": {"load_in_4bit": True}}, "bitsandbytes"),
        ({"quantization_config": {"quant_algo": "FP8"}}, "FP8"),
        ({"text_config": {"quantization_config": {"quant_method": "awq"}}}, "awq"),
        ({"compression_config": {"format": "pack"}}, "unknown"),
        ({"quantization": {"group_size": 64, "bits": 4}}, "unknown"),
    ],
)
def test_quantization(data: dict[str, object], method: str | None) -> None:
    assert quantization(config(**data)) == method


def test_execution_keys_are_found_at_every_level() -> None:
    found = config(
        auto_map={"AutoModel": "model.Model"},
        _attn_implementation="sdpa",
        custom_pipelines=None,
        text_config={"_attn_implementation_internal": "org/kernel", "attn_implementation": "org/kernel"},
    )
    assert execution_keys(found) == (
        "auto_map",
        "text_config._attn_implementation_internal",
        "text_config.attn_implementation",
    )


def test_the_room_leaves_torch_and_transformers_alone() -> None:
    import subprocess

    program = (
        "import sys, mergec.sidecar, mergec.checkpoint; print({'torch', 'transformers', 'yaml'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout.strip() == "set()"

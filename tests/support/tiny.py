"""Tiny checkpoints described on one line each: headers over holes, no weights to speak of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from tests.support.tensor_files import index, tensor_file

Shapes = dict[str, tuple[str, tuple[int, ...]]]
FIELDS = {"layers": "4", "width": "8", "vocab": "16", "dtype": "BF16", "prefix": "", "shards": "1"}


def write_tiny(folder: Path, description: str) -> None:
    """Write a checkpoint: `llama layers=8 dtype=F16 tied -lm_head.* +v_head.weight:F32[1,8]`.

    The family (llama, gpt2, t5) comes first. `layers width vocab dtype prefix shards` have defaults. `tied` ties the
    head to the embedding and leaves it out. `-GLOB` leaves tensors out, `+NAME:DTYPE[shape]` adds or replaces one.
    """
    family, *words = description.split()
    fields = {**FIELDS, **dict(word.split("=", 1) for word in words if "=" in word)}
    tied = "tied" in words
    shapes = {fields["prefix"] + n: (fields["dtype"], s) for n, s in _FAMILIES[family](fields)}
    if tied:
        shapes.pop("lm_head.weight", None)
    for word in words:
        if word.startswith("-"):
            shapes = {name: kind for name, kind in shapes.items() if not fnmatchcase(name, word[1:])}
        elif word.startswith("+"):
            shapes.update([_tensor(word[1:])])
    folder.mkdir(parents=True, exist_ok=True)
    config = {**_CONFIGS[family](fields), "vocab_size": int(fields["vocab"]), "tie_word_embeddings": tied}
    folder.joinpath("config.json").write_text(json.dumps(config))
    _write_files(folder, shapes, int(fields["shards"]))


def _tensor(text: str) -> tuple[str, tuple[str, tuple[int, ...]]]:
    name, _, kind = text.partition(":")
    dtype, _, shape = kind.rstrip("]").partition("[")
    return name, (dtype, tuple(int(n) for n in shape.split(",") if n))


def _write_files(folder: Path, shapes: Shapes, count: int) -> None:
    if count == 1:
        folder.joinpath("model.safetensors").write_bytes(tensor_file(shapes))
        return
    names = list(shapes)
    files = [f"model-{i + 1:05}-of-{count:05}.safetensors" for i in range(count)]
    for i, file in enumerate(files):
        folder.joinpath(file).write_bytes(tensor_file({n: shapes[n] for n in names[i::count]}))
    places = {name: files[i % count] for i, name in enumerate(names)}
    folder.joinpath("model.safetensors.index.json").write_bytes(index(places))


def _llama(fields: dict[str, str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    width, vocab = int(fields["width"]), int(fields["vocab"])
    yield "model.embed_tokens.weight", (vocab, width)
    for i in range(int(fields["layers"])):
        yield f"model.layers.{i}.input_layernorm.weight", (width,)
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            yield f"model.layers.{i}.self_attn.{name}.weight", (width, width)
        yield f"model.layers.{i}.post_attention_layernorm.weight", (width,)
        yield f"model.layers.{i}.mlp.gate_proj.weight", (2 * width, width)
        yield f"model.layers.{i}.mlp.up_proj.weight", (2 * width, width)
        yield f"model.layers.{i}.mlp.down_proj.weight", (width, 2 * width)
    yield "model.norm.weight", (width,)
    yield "lm_head.weight", (vocab, width)


def _gpt2(fields: dict[str, str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    width, vocab = int(fields["width"]), int(fields["vocab"])
    yield "wte.weight", (vocab, width)
    yield "wpe.weight", (32, width)
    for i in range(int(fields["layers"])):
        yield f"h.{i}.ln_1.weight", (width,)
        yield f"h.{i}.attn.c_attn.weight", (width, 3 * width)
        yield f"h.{i}.attn.c_proj.weight", (width, width)
        yield f"h.{i}.ln_2.weight", (width,)
        yield f"h.{i}.mlp.c_fc.weight", (width, 4 * width)
        yield f"h.{i}.mlp.c_proj.weight", (4 * width, width)
    yield "ln_f.weight", (width,)


def _t5(fields: dict[str, str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    width, vocab = int(fields["width"]), int(fields["vocab"])
    yield "shared.weight", (vocab, width)
    for side, layers in (("encoder", int(fields["layers"])), ("decoder", int(fields["layers"]) - 1)):
        for i in range(layers):
            yield f"{side}.block.{i}.layer.0.SelfAttention.q.weight", (width, width)
            yield f"{side}.block.{i}.layer.1.DenseReluDense.wi.weight", (2 * width, width)
        yield f"{side}.final_layer_norm.weight", (width,)


def _llama_config(fields: dict[str, str]) -> dict[str, object]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "num_hidden_layers": int(fields["layers"]),
        "hidden_size": int(fields["width"]),
    }


def _gpt2_config(fields: dict[str, str]) -> dict[str, object]:
    return {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_layer": int(fields["layers"])}


def _t5_config(fields: dict[str, str]) -> dict[str, object]:
    layers = int(fields["layers"])
    return {"model_type": "t5", "num_layers": layers, "num_decoder_layers": layers - 1}


_FAMILIES = {"llama": _llama, "gpt2": _gpt2, "t5": _t5}
_CONFIGS = {"llama": _llama_config, "gpt2": _gpt2_config, "t5": _t5_config}

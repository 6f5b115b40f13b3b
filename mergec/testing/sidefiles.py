"""Everything of a stand-in checkpoint but its weights: config, tokenizer, chat template, card."""

from __future__ import annotations

import json
from collections.abc import Mapping

from mergec.core.dtype import DType
from mergec.testing.shapes import Arch

_TEMPLATE = """\
{%- for message in messages -%}
[{{ message.role }}] {{ message.content }}{{ eos_token }}
{% endfor -%}
{%- if add_generation_prompt -%}[assistant] {% endif -%}
"""

_CARD = """\
---
license: {license}
language:
- en
---

# {title}

Random weights in the exact shapes of [{id}](https://huggingface.co/{id}), written by `mergec demo` to try merges
on. Not a trained model.
"""


def side_files(arch: Arch, dtype: DType, *, tuned: bool) -> tuple[tuple[str, str], ...]:
    """File names and texts; config.json is last, for without it nothing takes the directory for a checkpoint."""
    config = {**arch.config, **(arch.tuned_config if tuned else {}), "torch_dtype": dtype.torch_name}
    files = [
        ("tokenizer.json", json.dumps(_tokenizer(arch), ensure_ascii=False)),
        ("tokenizer_config.json", pretty_json(_tokenizer_config(arch, config))),
        ("generation_config.json", pretty_json(_generation_config(config))),
        ("README.md", _card(arch, tuned)),
        ("config.json", pretty_json(config)),
    ]
    return (*([("chat_template.jinja", _TEMPLATE)] if tuned else []), *files)


def pretty_json(value: object) -> str:
    """JSON as the Hub's files have it: sorted, two spaces, a line break at the end."""
    return json.dumps(value, indent=2, sort_keys=True) + "\n"


def _card(arch: Arch, tuned: bool) -> str:
    title = f"{arch.name}, {'a fine-tune' if tuned else 'the base'}"
    return _CARD.format(license=arch.license, title=title, id=arch.tuned_id if tuned else arch.base_id)


def _generation_config(config: Mapping[str, object]) -> dict[str, object]:
    keys = ("bos_token_id", "eos_token_id", "pad_token_id", "transformers_version")
    return {"_from_model_config": True, **{key: config[key] for key in keys if key in config}}


def _tokenizer_config(arch: Arch, config: Mapping[str, object]) -> dict[str, object]:
    names = {id: name for name, id in arch.specials}
    tokens = {
        f"{role}_token": names[config[f"{role}_token_id"]]  # type: ignore[index]
        for role in ("bos", "eos", "pad")
        if config.get(f"{role}_token_id") is not None
    }
    return {
        **tokens,
        "clean_up_tokenization_spaces": False,
        "model_max_length": config["max_position_embeddings"],
        "tokenizer_class": "PreTrainedTokenizerFast",
    }


def _tokenizer(arch: Arch) -> dict[str, object]:
    """Byte-level BPE without merges: one token per byte, and the special tokens at the ids the config names."""
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_special(name, id) for name, id in arch.specials],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": _vocabulary(arch),
            "merges": [],
        },
    }


def _special(name: str, id: int) -> dict[str, object]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": id, "content": name, **flags}


def _vocabulary(arch: Arch) -> dict[str, int]:
    taken = {id for _, id in arch.specials}
    free = (id for id in range(arch.number("vocab_size")) if id not in taken)
    return {**dict(arch.specials), **dict(zip(_byte_symbols(), free, strict=False))}


def _byte_symbols() -> tuple[str, ...]:
    """The character that stands for each byte in byte-level BPE: itself if it shows, else one from U+0100 on."""
    shown = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    hidden = [byte for byte in range(256) if byte not in shown]
    return tuple(chr(byte) if byte in shown else chr(0x100 + hidden.index(byte)) for byte in range(256))

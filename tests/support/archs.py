"""The architectures of the stand-ins, small enough for a test."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from mergec.testing.shapes import Arch


def scaled(arch: Arch, layers: int | None = 2) -> Arch:
    """The same architecture and tokenizer at a width of 32, with the vocabulary kept down.

    layers: how many; None for as many as the real one has.
    """
    small = {"hidden_size": 32, "intermediate_size": 48, "vocab_size": 600}
    depth = {"num_hidden_layers": layers or arch.number("num_hidden_layers")}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
    head_dim = {"head_dim": 16} if "head_dim" in arch.config else {}
    specials = tuple((name, i) for i, (name, _) in enumerate(arch.specials))
    moved = dict(zip((i for _, i in arch.specials), (i for _, i in specials), strict=True))

    def move(config: Mapping[str, object]) -> dict[str, object]:
        return {k: moved[v] if k.endswith("_token_id") else v for k, v in config.items()}  # type: ignore[index]

    config = {**move(arch.config), **small, **depth, **heads, **head_dim}
    return dataclasses.replace(arch, config=config, tuned_config=move(arch.tuned_config), specials=specials)

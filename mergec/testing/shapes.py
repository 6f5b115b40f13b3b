"""Tensor names and shapes of the architectures that stand-in checkpoints are written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mergec.core.dtype import DType
from mergec.core.tensor import TensorType

NamedTensor = tuple[str, TensorType]
_Shapes = tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Arch:
    """One architecture at one size.

    config: config.json of the base model; tuned_config: what its fine-tune states differently.
    base_id, tuned_id: the Hub repositories that stand-ins replace; equal where a model is merged with itself.
    shard_bytes: largest weight file. specials: the tokenizer's special tokens and their ids.
    license: as the front matter of the model's card states it.
    """

    name: str
    config: Mapping[str, object] = field(hash=False)
    base_id: str
    tuned_id: str
    dtype: DType = DType.BF16
    shard_bytes: int = 5_000_000_000
    license: str = "apache-2.0"
    specials: tuple[tuple[str, int], ...] = (("<unk>", 0), ("<s>", 1), ("</s>", 2))
    tuned_config: Mapping[str, object] = field(default_factory=dict, hash=False)

    def number(self, key: str) -> int:
        """A whole number of the config."""
        value = self.config[key]
        assert isinstance(value, int)
        return value

    @property
    def is_tied(self) -> bool:
        """True if the output head is the embedding, so that no file stores it; Gemma's config leaves it unsaid."""
        return bool(self.config.get("tie_word_embeddings", self.config["model_type"] == "gemma2"))

    @property
    def head_dim(self) -> int:
        if "head_dim" in self.config:
            return self.number("head_dim")
        return self.number("hidden_size") // self.number("num_attention_heads")


def tensors(arch: Arch, dtype: DType | None = None) -> tuple[NamedTensor, ...]:
    """All stored tensors in the order in which the model defines them."""
    vocabulary = (arch.number("vocab_size"), arch.number("hidden_size"))
    shapes: list[tuple[str, tuple[int, ...]]] = [("model.embed_tokens.weight", vocabulary)]
    one_layer = _layer(arch)
    for i in range(arch.number("num_hidden_layers")):
        shapes += [(f"model.layers.{i}.{suffix}", shape) for suffix, shape in one_layer]
    shapes.append(("model.norm.weight", vocabulary[1:]))
    if not arch.is_tied:
        shapes.append(("lm_head.weight", vocabulary))
    return tuple((name, TensorType(dtype or arch.dtype, shape)) for name, shape in shapes)


def checkpoint_bytes(arch: Arch, dtype: DType | None = None) -> int:
    """Bytes of all tensors together, headers not counted."""
    return sum(type_.nbytes for _, type_ in tensors(arch, dtype))


def _layer(arch: Arch) -> _Shapes:
    return _attention(arch) + _mlp(arch) + _norms(arch)


def _attention(arch: Arch) -> _Shapes:
    hidden, head = arch.number("hidden_size"), arch.head_dim
    query, key = arch.number("num_attention_heads") * head, arch.number("num_key_value_heads") * head
    shapes: list[tuple[str, tuple[int, ...]]] = []
    for letter, rows in (("q", query), ("k", key), ("v", key)):
        shapes.append((f"self_attn.{letter}_proj.weight", (rows, hidden)))
        if arch.config["model_type"] == "qwen2":
            shapes.append((f"self_attn.{letter}_proj.bias", (rows,)))
    return (*shapes, ("self_attn.o_proj.weight", (hidden, query)))


def _mlp(arch: Arch) -> _Shapes:
    hidden, inner = arch.number("hidden_size"), arch.number("intermediate_size")
    return (
        ("mlp.gate_proj.weight", (inner, hidden)),
        ("mlp.up_proj.weight", (inner, hidden)),
        ("mlp.down_proj.weight", (hidden, inner)),
    )


def _norms(arch: Arch) -> _Shapes:
    names: tuple[str, ...] = ("input_layernorm", "post_attention_layernorm")
    if arch.config["model_type"] == "gemma2":
        names += ("pre_feedforward_layernorm", "post_feedforward_layernorm")
    return tuple((f"{name}.weight", (arch.number("hidden_size"),)) for name in names)

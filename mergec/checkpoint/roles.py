"""What a tensor does and where it stands, read off the dotted components of its name."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from mergec.core.anatomy import Position

Table = tuple[tuple[str, str], ...]
"""Roles, and the components or pairs of components (lower case) that have them."""

ANYWHERE: Table = (
    ("attention q", "q_proj q_lin q_a_proj q_b_proj wq wq_a wq_b query_proj to_q"),
    ("attention k", "k_proj k_lin wk key_proj to_k"),
    ("attention v", "v_proj v_lin wv value_proj to_v"),
    ("attention k v", "kv_proj kv_a_proj kv_a_proj_with_mqa kv_b_proj wkv_a wkv_b to_kv"),
    (
        "attention q k v",
        "qkv qkv_proj query_key_value wqkv c_attn in_proj_qkv in_proj_qkvz in_proj_weight in_proj_bias",
    ),
    ("attention o", "o_proj out_lin"),
    ("mlp gate", "gate_proj w1 wi_0"),
    ("mlp up", "up_proj w3 v1 wi wi_1 fc1 fc_in c_fc dense_h_to_4h lin1 linear_fc1 intermediate_dense ffn_up"),
    (
        "mlp down",
        "down_proj down_proj_bias w2 fc2 fc_out dense_4h_to_h lin2 linear_fc2 output_dense ffn_output ffn_down",
    ),
    ("mlp gate up", "gate_up_proj gate_up_proj_bias w13"),
    ("expert mlp", "experts shared_expert shared_experts mlp_experts"),
    ("router mlp", "router shared_expert_gate gate_inp"),
)
IN_ATTENTION: Table = (
    ("q", "q query"),
    ("k", "k key"),
    ("v", "v value"),
    ("k v", "kv"),
    ("q k v", "in_proj"),
    ("o", "o out out_proj output wo dense c_proj proj to_out"),
    ("q norm", "q_norm q_layernorm q_a_layernorm"),
    ("k norm", "k_norm k_layernorm"),
    ("k v norm", "kv_a_layernorm kv_norm"),
)
IN_MLP: Table = (
    ("gate", "receptance"),
    ("up", "key ffn.weight ffn.bias"),
    ("down", "value c_proj wo output out_proj"),
    ("gate up", "input_linear"),
    ("down", "output_linear"),
    ("expert", "block_sparse_moe.input_linear block_sparse_moe.output_linear"),
    ("router", "gate"),
)
IN_LAYER: Table = (("mlp up", "intermediate"), ("mlp down", "output"))
"""Bert's spelling of the two halves of its MLP; outside the layers the same words name other things."""

MIXERS = frozenset({"mixer", "mamba", "ssm", "temporal_block", "token_mixer", "time_mix", "time_mixer"})
"""Modules that stand where attention does."""

_NORM = re.compile(
    r"(?:^|_)(?:(?:layer|layr|rms|batch|group|instance|ada|sub|[ehlqk])?_?norms?|ln|lns|subln|bn)\d*(?=_|$)"
)
_MLP = re.compile(r"(?:^|_)(?:mlp|ffn?|ffns|ffw|moe|feed_?forward|densereludense|densegatedactdense|glu)\d*(?=_|$)")
_EMBEDDING = re.compile(
    r"embed|(?:^|_)embs?(?=_|$)|^(?:wte|wpe|(?:class|cls|mask|distillation)_token|register_tokens)$"
)
_ROTARY = re.compile(r"rotary|rope")
_HEAD = re.compile(
    r"(?:^|_)heads?$|classifier|predictions?$|^(?:score|cls|pooler|qa_outputs|embed_out|unembed|output|output_layer|output_projection"
    r"|vocab_transform|vocab_layer_norm|vocab_projector|final_logits_bias|proj_out|seq_relationship|v_head|lm_loss|pred_layer)$"
)
_BIAS = re.compile(r"(?:^|_)bias$|^bias_(?:ih|hh|k|v)")
_BUFFERS = re.compile(
    r"^(?:(?:original_)?inv_freq|position_ids|token_type_ids|masked_bias|relative_position_index"
    r"|relative_coords_table|(?:cos|sin)_cached|causal_mask|attn_mask)$"
)
_EARLY_NORM = re.compile(r"emb|^pre|_pre$|proj|merger|connector|feature|patch|conv|adapter|resampler|stem")
_LATE = re.compile(r"^(?:logit_scale|logit_bias|project_out|mtp)$|^mtp_")
_LATE_AT_THE_TOP = frozenset(("text_projection", "visual_projection"))
"""In a model of two towers; elsewhere a projection leads into the language model."""


def read_roles(parts: tuple[str, ...], inside: bool) -> frozenset[str]:
    """Roles of a tensor from the components of its name, indexes left out.

    inside: the tensor belongs to a layer, and `parts` are those after the layer's index.
    """
    lowered = tuple(part.lower() for part in parts)
    roles = {role for part in lowered for role in _component_roles(part)}
    if _is_buffer(lowered):
        return frozenset(roles & {"attention", "mlp"} | {"buffer"})
    keys = (*lowered, *map(".".join, pairwise(lowered)))
    for table in _tables(roles, inside):
        roles.update(role for key in keys for role in table.get(key, ()))
    if not inside:
        roles.update(_outer_roles(lowered))
    if _BIAS.search(lowered[-1]):
        roles.add("bias")
    return frozenset(roles - {"o", "gate", "up", "down"} if "norm" in roles else roles)


def read_position(parts: tuple[str, ...], roles: frozenset[str]) -> Position:
    """Whether a tensor outside the layers comes before or after them; before, where its name says nothing."""
    lowered = tuple(part.lower() for part in parts)
    if "head" in roles or lowered[0] in _LATE_AT_THE_TOP or any(_LATE.search(part) for part in lowered):
        return Position.AFTER
    if "norm" in roles:
        return _position_of_norm(parts, lowered)
    return Position.BEFORE


def _position_of_norm(parts: tuple[str, ...], lowered: tuple[str, ...]) -> Position:
    if parts[-2:-1] == ("embedding_norm",) and "embeddings" not in parts:
        return Position.AFTER  # lfm2's name for the norm in front of its tied head
    relative_embeddings = parts[:-1] == ("deberta", "encoder", "LayerNorm")
    early = relative_embeddings or any(_EARLY_NORM.search(part) for part in lowered[:-1])
    return Position.BEFORE if early else Position.AFTER


def _tables(roles: set[str], inside: bool) -> tuple[dict[str, tuple[str, ...]], ...]:
    if "attention" in roles:
        return (_IN_ATTENTION,)
    if "mlp" in roles:
        return (_IN_MLP,)
    return (_IN_LAYER,) if inside and "norm" not in roles else ()


@lru_cache(maxsize=8192)
def _component_roles(part: str) -> tuple[str, ...]:
    """Roles that a component has wherever it stands."""
    if part in _ANYWHERE:
        return _ANYWHERE[part]
    if _NORM.search(part):
        return ("norm",)
    if _ROTARY.search(part):
        return ()
    if _MLP.search(part):
        return ("mlp",)
    if "attn" in part or "attention" in part:
        return ("attention",)
    if part.startswith("expert_"):
        return ("expert", "mlp")
    return ("embedding",) if _EMBEDDING.search(part) and part != "embed_out" else ()


def _outer_roles(lowered: tuple[str, ...]) -> tuple[str, ...]:
    if any(_HEAD.search(part) for part in lowered) or lowered[-2:-1] == ("decoder",):
        return ("head",)
    return ("embedding",) if "shared" in lowered else ()


def _is_buffer(lowered: tuple[str, ...]) -> bool:
    if _BUFFERS.search(lowered[-1]):
        return True
    return lowered[-1] == "bias" and lowered[-2:-1] in (("attn",), ("attention",))  # causal masks of gpt2 and its kin


def _by_component(table: Table) -> dict[str, tuple[str, ...]]:
    return {part: tuple(roles.split()) for roles, parts in table for part in parts.split()}


_ANYWHERE = _by_component(ANYWHERE)
_IN_ATTENTION = _by_component(IN_ATTENTION)
_IN_MLP = _by_component(IN_MLP)
_IN_LAYER = _by_component(IN_LAYER)

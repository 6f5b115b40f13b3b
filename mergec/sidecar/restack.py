"""What a configuration says of single layers, after its layers were dropped, repeated or reordered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

Section = dict[str, Any]
"""A JSON object that is being edited."""

Layers = tuple[int, ...]
"""For each new layer, the old one in whose place it stands."""

_SAME_COUNT = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
_LAYER_NUMBERS = re.compile(
    r"^(?:mlp_only_layers|moe_layers|cross_attention_layers|full_attention_layers|full_attn_idxs"
    r"|\w*(?:layer|attn)\w*_(?:ids|idxs|indices|indexes))$"
)
_OTHER_LISTS = re.compile(
    r"token|architectures|section|^(?:conv|time|image|out|stage|depths|suppress|keys|vision)(?:_|$)"
)
_THRESHOLDS = ("max_window_layers", "first_k_dense_replace", "num_dense_layers", "moe_layer_start_index")
_PERIODS = (
    ("attn_layer_period", "attn_layer_offset", 0),
    ("expert_layer_period", "expert_layer_offset", 0),
    ("decoder_sparse_step", "", -1),
    ("moe_layer_freq", "", 0),
)
"""Keys of a period and of its offset, and the offset where no key gives it."""


@dataclass(frozen=True, slots=True)
class _Default:
    """A list of layer kinds that some families make up where config.json has none.

    Layer i has the second kind if i + shift is a multiple of the period, else the first.
    """

    model_types: tuple[str, ...]
    period_key: str
    period: int
    kinds: tuple[str | int, str | int]
    key: str = "layer_types"
    shift: int = 1


_SLIDING = ("sliding_attention", "full_attention")
_DEFAULTS = (
    _Default(("gemma2", "gpt_oss"), "", 2, _SLIDING),
    _Default(("gemma3_text",), "sliding_window_pattern", 6, _SLIDING),
    _Default(("cohere2",), "sliding_window_pattern", 4, _SLIDING),
    _Default(("olmo3",), "", 4, _SLIDING),
    _Default(("gemma3n_text",), "", 5, _SLIDING),
    _Default(("modernbert",), "global_attn_every_n_layers", 3, _SLIDING, shift=0),
    _Default(("qwen3_next",), "full_attention_interval", 4, ("linear_attention", "full_attention")),
    _Default(("smollm3", "llama4_text"), "no_rope_layer_interval", 4, (1, 0), "no_rope_layers"),
)


def restack(section: Section, count_key: str, layers: Layers) -> None:
    """Edit the object that describes a stack of layers, in place.

    - Lists as long as the stack (`layer_types`, `mlp_layer_types`, `no_rope_layers`, …) and patterns of one letter
      per layer are indexed anew. Where the family would make up `layer_types` from the position of a layer, and
      would now make up others than the old layers had, they are written down.
    - Lists of layer numbers (`mlp_only_layers`, `full_attn_idxs`, …) get the numbers of the new layers.
    - `max_window_layers` and `first_k_dense_replace` divide the stack: layers below are of one kind, the rest of
      another. The new bound is the number of leading layers that were below the old one, so that every layer keeps
      its kind as long as those below still come first. A bound that no layer reached stays above all of them.
    """
    old = section.get(count_key)
    if isinstance(old, int) and layers == tuple(range(old)):
        return
    if isinstance(old, int) and all(layer < old for layer in layers):
        _write_down_kinds(section, old, layers)
        for key, value in section.items():
            section[key] = _restacked(key, value, old, layers)
    for key in {count_key, *_SAME_COUNT} & section.keys():
        if section[key] == old:
            section[key] = len(layers)
    section[count_key] = len(layers)


def patterns_lost(section: Section, layers: Layers) -> tuple[str, ...]:
    """Keys whose rule gives some new layer another kind than the old layer had."""
    thresholds = [key for key in _THRESHOLDS[1:] if not _divides(section.get(key), layers)]
    periods = [period for period, offset, default in _PERIODS if not _repeats(section, period, offset, default, layers)]
    shared = ["num_mem_blocks"] if _moves_shared_blocks(section, layers) else []
    return (*thresholds, *periods, *shared)


def _restacked(key: str, value: Any, old: int, layers: Layers) -> Any:
    if key in _THRESHOLDS and type(value) is int:
        return _new_bound(value, old, layers)
    if isinstance(value, str):
        return "".join(value[i] for i in layers) if "pattern" in key and len(value) == old else value
    if not isinstance(value, list):
        return value
    if key == "attention_types":
        return _gpt_neo_types(value, old, layers)
    if _LAYER_NUMBERS.search(key):
        return _new_numbers(value, old, layers)
    return [value[i] for i in layers] if len(value) == old and not _OTHER_LISTS.search(key) else value


def _new_bound(bound: int, old: int, layers: Layers) -> int:
    if bound >= old:
        return max(bound, len(layers))
    return next((i for i, layer in enumerate(layers) if layer >= bound), len(layers))


def _new_numbers(numbers: list[Any], old: int, layers: Layers) -> list[Any]:
    if not all(type(number) is int and 0 <= number < old for number in numbers):
        return numbers
    return [i for i, layer in enumerate(layers) if layer in numbers]


def _gpt_neo_types(value: list[Any], old: int, layers: Layers) -> list[Any]:
    """`[[["global", "local"], 12]]`: kinds, and how often they repeat."""
    try:
        kinds = [kind for pattern, times in value for _ in range(times) for kind in pattern]
    except (TypeError, ValueError):
        return value
    return [[[kinds[i] for i in layers], 1]] if len(kinds) == old else value


def _write_down_kinds(section: Section, old: int, layers: Layers) -> None:
    """Add the list that the family would make up, as long as the old stack, unless it says the same of the new one."""
    _write_down_windows(section, old, layers)
    for default in _DEFAULTS:
        if section.get("model_type") not in default.model_types or section.get(default.key):
            continue
        kinds = _made_up(default, section, max(old, len(layers)))
        if [kinds[i] for i in layers] != kinds[: len(layers)]:
            section[default.key] = kinds[:old]


def _made_up(default: _Default, section: Section, length: int) -> list[str | int]:
    period = section.get(default.period_key)
    every = period if type(period) is int and period > 0 else default.period
    return [default.kinds[(i + default.shift) % every == 0] for i in range(length)]


def _write_down_windows(section: Section, old: int, layers: Layers) -> None:
    """Qwen's windows begin at `max_window_layers`, a bound that says nothing if layers above it come first."""
    bound = section.get("max_window_layers")
    if not section.get("use_sliding_window") or type(bound) is not int or section.get("layer_types"):
        return
    if not _divides(bound, layers):
        section["layer_types"] = ["full_attention" if i < bound else "sliding_attention" for i in range(old)]


def _divides(bound: Any, layers: Layers) -> bool:
    """Whether the layers below the bound still come before all others."""
    below = [layer < bound for layer in layers] if type(bound) is int else []
    return below == sorted(below, reverse=True)


def _repeats(section: Section, period_key: str, offset_key: str, default: int, layers: Layers) -> bool:
    period, offset = section.get(period_key), section.get(offset_key, default)
    if type(period) is not int or type(offset) is not int or period < 1:
        return True
    return all(((i - offset) % period == 0) == ((layer - offset) % period == 0) for i, layer in enumerate(layers))


def _moves_shared_blocks(section: Section, layers: Layers) -> bool:
    """Zamba2's hybrid layers share blocks in turn, with an adapter for each turn: none may come, go or move."""
    kinds = section.get("layers_block_type")
    if "num_mem_blocks" not in section or not isinstance(kinds, list) or len(kinds) <= max(layers, default=0):
        return False
    hybrids = [i for i, kind in enumerate(kinds) if kind == "hybrid"]
    return [layer for layer in layers if kinds[layer] == "hybrid"] != hybrids

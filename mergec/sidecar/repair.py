"""The output's config.json: the donor's, with nothing changed but what the merge changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from mergec.sidecar.config import TEXT_SECTIONS, Config, is_tied
from mergec.sidecar.restack import Section, patterns_lost, restack

_DTYPE_KEYS = ("dtype", "torch_dtype")


@dataclass(frozen=True, slots=True)
class ConfigChanges:
    """What a merge changes; None leaves a thing as it is.

    dtype: the element type, by torch's name. layers: for each layer of the output's main stack, the donor's layer
    whose place in the configuration it takes. layer_keys: the path of keys to the main stack's number of layers.
    """

    dtype: str | None = None
    layers: tuple[int, ...] | None = None
    layer_keys: tuple[str, ...] | None = None
    tie_word_embeddings: bool | None = None
    vocab_size: int | None = None


def repair_config(config: Config, changes: ConfigChanges) -> str:
    """The text of the output's config.json.

    Order of keys and all other values are kept; `_name_or_path`, a path on the donor's machine, is dropped. The text
    is the donor's own, byte for byte, if nothing changes; else indented by two spaces, with a line break at the end.
    """
    data = json.loads(config.text)
    before = json.dumps(data)
    for section in _sections(data):
        section.pop("_name_or_path", None)
    if changes.layers is not None and changes.layer_keys:
        section = _section(data, changes.layer_keys)
        restack(section, changes.layer_keys[-1], changes.layers)
    if changes.dtype is not None:
        _set_dtype(data, changes.dtype)
    if changes.tie_word_embeddings is not None and changes.tie_word_embeddings != is_tied(config):
        _set_tied(data, changes.tie_word_embeddings)
    if changes.vocab_size is not None:
        _set_vocabulary(data, changes.vocab_size)
    return config.text if json.dumps(data) == before else _write(data, config.text.isascii())


def lost_patterns(config: Config, changes: ConfigChanges) -> tuple[str, ...]:
    """Keys that give layers their kinds by a rule (every second one, the first three) which no longer holds.

    The output cannot say what its layers are, and will not load: a jamba whose attention layers are no longer
    evenly spaced, a deepseek-v3 with dense layers behind sparse ones.
    """
    if changes.layers is None or not changes.layer_keys:
        return ()
    section = _section(json.loads(config.text), changes.layer_keys)
    return patterns_lost(section, changes.layers)


def _sections(section: Section) -> Iterator[Section]:
    """An object and all objects in it, without what describes quantization."""
    yield section
    for key, value in tuple(section.items()):
        if isinstance(value, dict) and key != "quantization_config":
            yield from _sections(value)


def _section(data: Section, keys: tuple[str, ...]) -> Section:
    """The object that holds the last of `keys`."""
    for key in keys[:-1]:
        data = data.setdefault(key, {})
    return data


def _set_dtype(data: Section, dtype: str) -> None:
    """Under whichever keys the donor uses, in all its sections; under `dtype` if it uses none."""
    found = [(s, key) for s in _sections(data) for key in _DTYPE_KEYS if isinstance(s.get(key), str)]
    for section, key in found or [(data, "dtype")]:
        section[key] = dtype


def _set_tied(data: Section, tied: bool) -> None:
    """At the top, where transformers 5 looks, and in the language model's section if it says so too."""
    data["tie_word_embeddings"] = tied
    for name in TEXT_SECTIONS:
        section = data.get(name)
        if isinstance(section, dict) and (isinstance(section.get("tie_word_embeddings"), bool) or not tied):
            section["tie_word_embeddings"] = tied


def _set_vocabulary(data: Section, size: int) -> None:
    """Wherever the donor gives the language model's; in the language model's section if it gives none."""
    inner = [section for name in TEXT_SECTIONS if isinstance(section := data.get(name), dict)]
    stated = [section for section in (*inner, data) if "vocab_size" in section]
    for section in stated or (inner or [data])[:1]:
        section["vocab_size"] = size


def _write(data: Section, ascii_only: bool) -> str:
    return json.dumps(data, indent=2, ensure_ascii=ascii_only) + "\n"

"""Reading config.json as data: never through transformers, which may run what it names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mergec.core.anatomy import LayerCount
from mergec.core.folder import Folder
from mergec.diagnostics import Code, Report, Span
from mergec.sidecar.defaults import TIED_BY_DEFAULT, TIED_BY_THEIR_TEXT

FILE = "config.json"
LIMIT_BYTES = 10_000_000
LIMIT_DEPTH = 64

COUNT_KEYS = (
    "num_hidden_layers",
    "n_layer",
    "n_layers",
    "num_layers",
    "encoder_layers",
    "num_encoder_layers",
    "decoder_layers",
    "num_decoder_layers",
    "depth",
)
TEXT_SECTIONS = ("text_config", "llm_config", "language_config", "thinker_config")
"""Where a model of several senses describes its language model."""

_RUNS_CODE = frozenset(
    (
        "auto_map",
        "_attn_implementation_internal",
        "_experts_implementation_internal",
        "model_file",
        "custom_pipelines",
        "custom_generate",
        "kernel_config",
        "trust_remote_code",
    )
)
_RUNS_CODE_IF_REMOTE = frozenset(("_attn_implementation", "attn_implementation", "experts_implementation"))
"""With a repository as their value these fetch a kernel."""


@dataclass(frozen=True, slots=True)
class Config:
    """A config.json: the text as it is, and what it says (objects as read-only mappings, arrays as tuples)."""

    text: str
    data: Mapping[str, object] = field(repr=False, compare=False)


class _Refused(ValueError):
    """Why a config.json is not one."""


def read_config(folder: Folder, report: Report, span: Span | None) -> Config | None:
    """A model's config.json, or None with a diagnostic: missing, too large, or not a JSON object without repetition."""
    try:
        size = folder.size(FILE)
        if size > LIMIT_BYTES:
            raise _Refused(f"it has {size:,} bytes; more than {LIMIT_BYTES:,} is no model's description")
        return parse_config(folder.read(FILE))
    except FileNotFoundError:
        report.error(
            Code.MISSING_FILE,
            f"`{folder.label}` has no {FILE}",
            span,
            help=f"a model directory has a {FILE} beside its weights: check the path, or fetch the file",
        )
    except _Refused as cause:
        report.error(
            Code.BAD_CONFIG,
            f"{FILE} of `{folder.label}` cannot be read: {cause}",
            span,
            help="fetch the file again, or correct it",
        )
    return None


def parse_config(content: bytes) -> Config:
    """Bytes to a `Config`. Raises ValueError with the reason."""
    try:
        text = content.decode("utf-8")
        data = json.loads(text, object_pairs_hook=_object)
        _check_depth(data, LIMIT_DEPTH)
    except UnicodeDecodeError as cause:
        raise _Refused(f"it is not UTF-8 (byte {cause.start})") from cause
    except json.JSONDecodeError as cause:
        raise _Refused(f"{cause.msg} at line {cause.lineno}, column {cause.colno}") from cause
    except RecursionError as cause:
        raise _Refused(f"it is nested deeper than {LIMIT_DEPTH} levels") from cause
    except _Refused:
        raise
    except ValueError as cause:
        raise _Refused("it has a number that is too long") from cause
    if not isinstance(data, dict):
        raise _Refused("it is not a JSON object")
    return Config(text, _frozen_object(data))


def model_type(config: Config) -> str | None:
    """The architecture's name in transformers."""
    return _text(config.data.get("model_type"))


def layer_counts(config: Config) -> tuple[LayerCount, ...]:
    """All numbers of layers that are stated, the language model's first."""
    sections = sorted(_sections(config.data), key=lambda section: _rank(section[0]))
    return tuple(
        LayerCount((*path, key), value)
        for path, section in sections
        for key in COUNT_KEYS
        if isinstance(value := section.get(key), int) and not isinstance(value, bool) and value > 0
    )


def main_count_keys(config: Config, layers: int) -> tuple[str, ...]:
    """The path of keys to the length of the main stack, which has `layers`; the usual one if none states it."""
    inner = next(((name,) for name in TEXT_SECTIONS if isinstance(config.data.get(name), Mapping)), ())
    for count in layer_counts(config):
        if count.layers == layers and count.keys[: len(inner)] == inner:
            return count.keys
    return (*inner, COUNT_KEYS[0])


def is_tied(config: Config) -> bool:
    """Whether the head shares the embedding's tensor: as stated, else as transformers 5 takes it for the family."""
    kind = model_type(config)
    text = next((s for name in TEXT_SECTIONS if isinstance(s := config.data.get(name), Mapping)), None)
    own = config.data.get("tie_word_embeddings")
    inner = None if text is None else text.get("tie_word_embeddings")
    if isinstance(own, bool):
        return own or (kind in TIED_BY_THEIR_TEXT and inner is True)
    if isinstance(inner, bool):
        return inner
    inner_kind = None if text is None else _text(text.get("model_type"))
    return kind in TIED_BY_DEFAULT or (kind in TIED_BY_THEIR_TEXT and inner_kind in TIED_BY_DEFAULT)


def quantization(config: Config) -> str | None:
    """How the weights are quantized (`gptq`, `awq`, `fp8`, `bitsandbytes`, …); None if they are not."""
    for _, section in _sections(config.data):
        for key in ("quantization_config", "compression_config", "quantization"):
            stated = section.get(key)
            if isinstance(stated, Mapping) and stated:
                return _quant_method(stated)
    return None


def execution_keys(config: Config) -> tuple[str, ...]:
    """Keys, dotted, that make some program run or fetch code when it loads the model."""
    return tuple(
        ".".join((*path, key))
        for path, section in _sections(config.data)
        for key, value in section.items()
        if value is not None and (key in _RUNS_CODE or (key in _RUNS_CODE_IF_REMOTE and "/" in str(value)))
    )


def _sections(data: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], Mapping[str, object]]]:
    """The object itself and all objects in it, with the keys that lead to them, in the order of the text."""
    waiting: list[tuple[tuple[str, ...], Mapping[str, object]]] = [((), data)]
    while waiting:
        path, section = waiting.pop(0)
        yield path, section
        waiting.extend(((*path, key), value) for key, value in section.items() if isinstance(value, Mapping))


def _rank(path: tuple[str, ...]) -> tuple[int, int]:
    """Sections of the language model first, then the top, then the rest; within these the shallow ones first."""
    if path and path[-1] in TEXT_SECTIONS and set(path) <= set(TEXT_SECTIONS):
        return 0, -len(path)
    return (1, 0) if not path else (2, len(path))


def _quant_method(stated: Mapping[str, object]) -> str:
    method = _text(stated.get("quant_method"))
    if method is not None:
        return method
    if stated.get("load_in_4bit") or stated.get("load_in_8bit"):
        return "bitsandbytes"
    return _text(stated.get("quant_algo")) or "unknown"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _Refused(f"the key {json.dumps(twice)} stands in it twice")
    return found


def _check_depth(value: object, left: int) -> None:
    if not left:
        raise _Refused(f"it is nested deeper than {LIMIT_DEPTH} levels")
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            _check_depth(item, left - 1)


def _frozen_object(value: dict[str, object]) -> Mapping[str, object]:
    return MappingProxyType({key: _frozen(item) for key, item in value.items()})


def _frozen(value: object) -> object:
    if isinstance(value, dict):
        return _frozen_object(value)
    return tuple(map(_frozen, value)) if isinstance(value, list) else value

"""Checks of mappings and their keys that every level of a YAML recipe shares."""

from __future__ import annotations

from mergec.core.suggest import nearest
from mergec.diagnostics import Code, Report, Span
from mergec.syntax.yaml_nodes import Entry, Mapping, Node, Sequence, is_null, kind_of, shown

_LONGEST_SUGGESTED_FOR = 40
_OPTIONS = frozenset(
    (
        "allow_crimes",
        "clone_tensors",
        "copy_tokenizer",
        "cuda",
        "device",
        "lazy_unpickle",
        "low_cpu_memory",
        "out_shard_size",
        "random_seed",
        "read_to_gpu",
        "safe_serialization",
        "trust_remote_code",
        "write_model_card",
    )
)


def mapping_of(node: Node, what: str, report: Report, help: str | None = None) -> Mapping | None:
    """The node, if it is a mapping; `what` is the sentence's subject, such as "an entry of `models`"."""
    if isinstance(node, Mapping):
        return node
    report.error(Code.WRONG_TYPE, f"{what} is a mapping of keys to values, not {kind_of(node)}", node.span, help=help)
    return None


def items_of(entry: Entry, report: Report) -> tuple[Node, ...] | None:
    """The items of a key's list, of which there is at least one."""
    what = f"`{entry.key.text}`"
    if not isinstance(entry.value, Sequence):
        report.error(Code.WRONG_TYPE, f"{what} is a list, not {kind_of(entry.value)}", entry.place)
    elif not entry.value.items:
        report.error(Code.MISSING_KEY, f"{what} is an empty list", entry.value.span)
    else:
        return entry.value.items
    return None


def given(mapping: Mapping, key: str) -> Entry | None:
    """The entry of an optional key; None also where its value is null, which means "not given"."""
    entry = mapping.get(key)
    return None if entry is None or is_null(entry.value) else entry


def required(mapping: Mapping, key: str, what: str, help: str, report: Report) -> Entry | None:
    """The entry of a key that must be there. A misspelt one has been reported as unknown, and is not missed again."""
    entry = mapping.get(key)
    if entry is None and not any(_near(e.key.text, (key,)) for e in mapping.entries):
        report.error(Code.MISSING_KEY, f"{what} has no `{key}`", _first_line(mapping.span), help=help)
    return entry


def refuse_unknown(mapping: Mapping, known: tuple[str, ...], where: str, report: Report) -> None:
    """An error for each key that is not `known`, with what may have been meant."""
    for entry in mapping.entries:
        key = entry.key.text
        if key in known:
            continue
        near = None if key in _OPTIONS else _near(key, known)
        listed = ", ".join(f"`{k}`" for k in known)
        help = f"did you mean `{near}`?" if near else _belongs(key) or f"the keys here are {listed}"
        report.error(Code.UNKNOWN_KEY, f"unknown key `{shown(key)}` {where}", entry.key.span, help=help)


def _near(key: str, known: tuple[str, ...]) -> str | None:
    return nearest(key, known) if len(key) <= _LONGEST_SUGGESTED_FOR else None


def _belongs(key: str) -> str | None:
    """Where a key that mergekit knows elsewhere should stand."""
    if key == "layer_range":
        return "layer ranges stand beside `model`, in the `sources` of `slices`"
    if key in ("t", "weight", "density", "scale", "normalize", "lambda", "gamma", "epsilon", "rescale", "int8_mask"):
        return f"parameters of the method go under `parameters`: `parameters: {{{key}: …}}`"
    if key in _OPTIONS:
        return "this is an option of mergekit's command line, which mergec does not need: remove it"
    return None


def _first_line(span: Span) -> Span:
    """The first line of a span, to point at a block without underlining all of it."""
    end = span.source.text.find("\n", span.start, span.end)
    return span if end < 0 else Span(span.source, span.start, max(span.start + 1, end))

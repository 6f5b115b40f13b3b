"""Model references of a mergekit recipe, and the names they get in the tree."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mergec.core.dtype import OUTPUT_NAMES
from mergec.diagnostics import Code, Report, Span
from mergec.syntax.mergekit_form import ModelRef
from mergec.syntax.words import KEYWORDS, ROLES
from mergec.syntax.yaml_keys import given, mapping_of, refuse_unknown, required
from mergec.syntax.yaml_nodes import Entry, Mapping, Scalar, shown
from mergec.syntax.yaml_scalars import text_of

_LONGEST_NAME = 80
_FUNCTIONS = "curve gradient stack sin cos exp log sqrt abs min max clamp step smoothstep"
_OTHERS = "method depth layer layers rank pi e none negate dtype donor drop merged"
RESERVED = KEYWORDS | {*ROLES, *OUTPUT_NAMES, *_FUNCTIONS.split(), *_OTHERS.split()}
"""Words that mean something in a recipe, so that no model is named by them."""


def model_of(entry: Entry, report: Report) -> ModelRef | None:
    """The model a key names: `path[@revision]`, or a mapping of `model` to `path` and `revision`."""
    if isinstance(entry.value, Mapping):
        return _from_mapping(entry.value, report)
    text = text_of(entry, report)
    return None if text is None else _parsed(text.value, text.span, report)


def names_of(models: Iterable[ModelRef], taken: Iterable[str]) -> dict[tuple[str, str | None], str]:
    """An identifier for each distinct model, in the order of `models`; none of them is reserved or `taken`."""
    names: dict[tuple[str, str | None], str] = {}
    used = {*RESERVED, *taken}
    uses: dict[str, int] = {}
    for model in models:
        if model.key in names:
            continue
        name = slug = _slug(model.path)
        while name in used:
            uses[slug] = uses.get(slug, 1) + 1
            name = f"{slug}_{uses[slug]}"
        used.add(name)
        names[model.key] = name
    return names


def _slug(path: str) -> str:
    last = re.split(r"[/\\]", path.rstrip("/\\"))[-1]
    word = re.sub(r"[^A-Za-z0-9]+", "_", last).strip("_") or "model"
    word = word[:_LONGEST_NAME]
    return f"m_{word}" if word[0].isdigit() else word


def _parsed(text: str, span: Span, report: Report) -> ModelRef | None:
    if "+" in text:
        _refuse_lora(span, report)
        return None
    path, *revision = text.split("@")
    if len(revision) > 1 or not path or "" in revision:
        help = "write `path` or `path@revision`; a directory whose path has an `@` needs another name"
        report.error(Code.BAD_VALUE, f"`{shown(text)}` is not a model reference", span, help=help)
        return None
    return ModelRef(path, revision[0] if revision else None, span)


def _refuse_lora(span: Span, report: Report) -> None:
    report.error(
        Code.NOT_SUPPORTED,
        "LoRA adapters (`model+adapter`) are not supported yet",
        span,
        help="merge the adapter into its model first, and name the result here; "
        "a directory whose path has a `+` needs another name",
    )


def _from_mapping(mapping: Mapping, report: Report) -> ModelRef | None:
    refuse_unknown(mapping, ("model", "lora", "override_architecture"), "in a model reference", report)
    if lora := given(mapping, "lora"):
        _refuse_lora(lora.span, report)
    if override := given(mapping, "override_architecture"):
        help = "mergec reads the layers from the tensors' names and needs no architecture; remove the key"
        what = "`override_architecture` is not supported"
        report.error(Code.NOT_SUPPORTED, what, override.key.span, help=help)
    inner = required(mapping, "model", "this model reference", "write `model: {path: …, revision: …}`", report)
    if inner is None or isinstance(inner.value, Scalar):
        return None if inner is None else model_of(inner, report)
    path = mapping_of(inner.value, "`model` of a model reference", report)
    return None if path is None else _from_path(path, report)


def _from_path(mapping: Mapping, report: Report) -> ModelRef | None:
    refuse_unknown(mapping, ("path", "revision"), "in a model's path", report)
    entry = required(mapping, "path", "this model reference", "`path` is a directory or a Hub id", report)
    path = text_of(entry, report) if entry else None
    pinned = given(mapping, "revision")
    revision = text_of(pinned, report) if pinned else None
    if path is None or (pinned and revision is None):
        return None
    for part in (path, revision):
        if part is not None and re.search("[@+]", part.value):
            what = f"`{shown(part.value)}` has an `@` or a `+`, which a reference to a model cannot hold"
            report.error(Code.NOT_SUPPORTED, what, part.span, help="give the directory another name")
            return None
    return ModelRef(path.value, revision.value if revision else None, mapping.span)

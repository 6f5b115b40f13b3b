"""A mergekit recipe checked key by key; all that is wrong with it is said at once."""

from __future__ import annotations

from mergec.diagnostics import Code, Label, Report
from mergec.syntax.mergekit_dtype import output_dtype_of
from mergec.syntax.mergekit_form import InputForm, MergeForm, ModelRef, SliceForm
from mergec.syntax.mergekit_refs import model_of
from mergec.syntax.mergekit_rules import settings_of
from mergec.syntax.tree import Name, Number, Text
from mergec.syntax.yaml_keys import given, items_of, mapping_of, refuse_unknown, required
from mergec.syntax.yaml_nodes import Entry, Mapping, Node, Scalar, ScalarKind, Sequence, kind_of
from mergec.syntax.yaml_scalars import text_of, value_of

_KEYS = ("merge_method", "models", "slices", "base_model", "parameters", "dtype", "out_dtype", "requires")
_FEW = 4
_LATER = {
    "modules": "merge one module at a time, each as a recipe of its own with `models` or `slices`",
    "tokenizer_source": "remove the key: the tokenizer is then copied from the base model; vocabularies must be equal",
    "tokenizer": "remove the key: the tokenizer is then copied from the base model; vocabularies must be equal",
    "chat_template": "remove the key: the base model's template is then copied; the merge language can name another: "
    "`output NAME { chat_template = MODEL }`",
    "name": "a recipe makes one merge; give each merge of a chain a file of its own, and name no merge",
}
"""Keys that mergekit knows and mergec does not support yet, and what to do without."""


def checked(root: Node, report: Report) -> MergeForm | None:
    """What the recipe says; None where it says too little. After an error in `report` it may be incomplete."""
    mapping = mapping_of(root, "a recipe", report, help="its keys are `merge_method`, `models` or `slices`, and so on")
    if mapping is None:
        return None
    if _is_something_else(mapping, report):
        return None
    refuse_unknown(mapping, (*_KEYS, *_LATER), "at the top level", report)
    _refuse_unsupported(mapping, report)
    example = "for example `merge_method: slerp`"
    method = required(mapping, "merge_method", "the recipe", example, report)
    name = text_of(method, report) if method else None
    base = given(mapping, "base_model")
    model = model_of(base, report) if base else None
    settings = settings_of(mapping, report)
    dtype = output_dtype_of(mapping, report)
    listed = _list_entry(mapping, report)
    slices = _slices(listed, model, report) if listed else ()
    if name is None or listed is None or not slices:
        return None
    donor = (Name("base_model", base.key.span), model) if base and model else None
    list_key = Name(listed.key.text, listed.key.span)
    required_packages = _requirements(mapping, report)
    return MergeForm(
        Name(name.value, name.span), list_key, slices, donor, settings, dtype, mapping.span, required_packages
    )


def _is_something_else(mapping: Mapping, report: Report) -> bool:
    """Whether the file is YAML or JSON of another kind, such as a config.json; it is said once then."""
    if len(mapping.entries) < _FEW or any(e.key.text in (*_KEYS, *_LATER) for e in mapping.entries):
        return False
    first = mapping.entries[0].key.span
    help = "a recipe has `merge_method`, and `models` or `slices`; `mergec demo DIR` writes one to try"
    report.error(Code.UNKNOWN_KEY, "none of the keys here is one of a recipe", first, help=help)
    return True


def _refuse_unsupported(mapping: Mapping, report: Report) -> None:
    for key, help in _LATER.items():
        if entry := given(mapping, key):
            report.error(Code.NOT_SUPPORTED, f"`{key}` is not supported yet", entry.key.span, help=help)


def _requirements(mapping: Mapping, report: Report) -> tuple[Text, ...]:
    """The packages that a recipe requires: one text, or a list of them."""
    entry = given(mapping, "requires")
    if entry is None:
        return ()
    nodes = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
    found = []
    for node in nodes:
        if isinstance(node, Scalar) and node.kind is ScalarKind.TEXT:
            found.append(Text(node.text, node.span))
        else:
            example = 'for example `requires: ["mergec-foo >= 1.2"]`'
            report.error(Code.WRONG_TYPE, f"`requires` lists texts, not {kind_of(node)}", node.span, help=example)
    return tuple(found)


def _list_entry(mapping: Mapping, report: Report) -> Entry | None:
    """The one of `models` and `slices` that is given."""
    found = [entry for key in ("models", "slices") if (entry := given(mapping, key))]
    modules = given(mapping, "modules")
    if len(found) > 1:
        report.error(
            Code.CONFLICTING_KEYS,
            "both `models` and `slices` are given",
            found[1].key.span,
            also=(Label(found[0].key.span, "given here as well"),),
            help="keep `slices` to merge ranges of layers, `models` to merge whole models",
        )
    elif not found and not modules:
        empty = mapping.get("models") or mapping.get("slices")
        help = "list the models to merge under `models`, or ranges of their layers under `slices`"
        place = empty.key.span if empty else mapping.span
        report.error(Code.MISSING_KEY, "the recipe lists no models", place, help=help)
    return found[0] if found else None


def _slices(listed: Entry, base: ModelRef | None, report: Report) -> tuple[SliceForm, ...]:
    items = items_of(listed, report)
    if items is None:
        return ()
    if listed.key.text == "models":
        inputs = _inputs(items, "models", report)
        return (SliceForm(inputs, base, (), listed.value.span),) if inputs else ()
    found = (_slice(item, base, report) for item in items)
    return tuple(form for form in found if form is not None)


def _slice(node: Node, base: ModelRef | None, report: Report) -> SliceForm | None:
    mapping = mapping_of(node, "an entry of `slices`", report, help="for example `- sources: [...]`")
    if mapping is None:
        return None
    known = ("sources", "base_model", "parameters", "residual_weight")
    refuse_unknown(mapping, known, "in a slice", report)
    if dead := mapping.get("residual_weight"):
        what = "`residual_weight` has no effect"
        report.warn(Code.UNKNOWN_KEY, what, dead.key.span, help="remove it; mergekit never reads it either")
    sources = required(mapping, "sources", "this slice", "list the layers it is made of under `sources`", report)
    items = items_of(sources, report) if sources else None
    own = given(mapping, "base_model")
    base = model_of(own, report) if own else base
    settings = settings_of(mapping, report)
    inputs = _inputs(items, "sources", report) if items else ()
    return SliceForm(inputs, base, settings, mapping.span) if inputs else None


def _inputs(items: tuple[Node, ...], key: str, report: Report) -> tuple[InputForm, ...]:
    found = (_input(item, key, report) for item in items)
    return tuple(form for form in found if form is not None)


def _input(node: Node, key: str, report: Report) -> InputForm | None:
    mapping = mapping_of(node, f"an entry of `{key}`", report, help="for example `- model: org/name`")
    if mapping is None:
        return None
    sliced = key == "sources"
    known = ("model", "layer_range", "parameters") if sliced else ("model", "parameters")
    refuse_unknown(mapping, known, f"in an entry of `{key}`", report)
    example = "`model: org/name`, or the path of a directory"
    entry = required(mapping, "model", f"this entry of `{key}`", example, report)
    model = model_of(entry, report) if entry else None
    layers = _layers(mapping, report) if sliced else None
    settings = settings_of(mapping, report)
    if model is None or (sliced and layers is None):
        return None
    return InputForm(model, layers, settings, mapping.span)


def _layers(mapping: Mapping, report: Report) -> tuple[Number, Number] | None:
    example = "for example `layer_range: [0, 8]`, the layers 0 to 7"
    entry = required(mapping, "layer_range", "this source", example, report)
    if entry is None:
        return None
    items = entry.value.items if isinstance(entry.value, Sequence) else ()
    if len(items) != 2:
        got = f"{len(items)} values" if isinstance(entry.value, Sequence) else kind_of(entry.value)
        report.error(Code.WRONG_TYPE, f"`layer_range` is a list of two numbers, not {got}", entry.place, help=example)
        return None
    first, end = (_layer(item, report) for item in items)
    if first is None or end is None:
        return None
    if first.value >= end.value:
        what = "holds no layer" if first.value == end.value else "runs backwards"
        help = "the second number is the first layer no longer taken"
        report.error(Code.BAD_LAYER_RANGE, f"this range of layers {what}", entry.value.span, help=help)
        return None
    return first, end


def _layer(node: Node, report: Report) -> Number | None:
    value = value_of(node, report) if isinstance(node, Scalar) else None
    if isinstance(value, Number) and value.value == int(value.value):
        if value.value >= 0:
            return Number(int(value.value), value.span)
        help = "layers count from 0; mergekit has no counting from the end"
        report.error(Code.BAD_LAYER_RANGE, "a layer has a negative number", value.span, help=help)
    elif value is not None or not isinstance(node, Scalar):
        report.error(Code.WRONG_TYPE, f"a layer is a whole number, not {kind_of(node)}", node.span)
    return None

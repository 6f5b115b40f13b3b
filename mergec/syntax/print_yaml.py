"""A recipe in mergekit's YAML, from what `mergekit_check` would make of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import yaml

from mergec.diagnostics import InternalError
from mergec.syntax.mergekit_form import Conditional, InputForm, MergeForm, ModelRef, Setting, SliceForm
from mergec.syntax.tree import Call, Expression, Flag, Number, Text
from mergec.syntax.yaml_scalars import spelled

_WIDEST = 1_000_000


def yaml_text(form: MergeForm, header: Sequence[str] = ()) -> str:
    """The recipe under comment lines, with what belongs together on few lines, as people write it."""
    lines = [f"# {line}".rstrip() for line in header]
    if form.whole:
        lines += ["models:", *(line for entry in form.slices[0].inputs for line in _item(_input(entry)))]
    else:
        lines += ["slices:", *(line for part in form.slices for line in _item(_slice(part, form)))]
    lines.append(f"merge_method: {text_scalar(form.method.text)}")
    if form.donor is not None:
        lines.append(f"base_model: {_model(form.donor[1])}")
    lines += _parameters(form.settings)
    if form.dtype is not None:
        lines.append(f"dtype: {form.dtype[1].text}")
    return "".join(f"{line}\n" for line in lines)


def _item(lines: Iterable[str]) -> Iterator[str]:
    """Lines of a mapping as an item of a list."""
    for i, line in enumerate(lines):
        yield f"{'  ' if i else '- '}{line}"


def _slice(part: SliceForm, form: MergeForm) -> Iterator[str]:
    yield "sources:"
    for entry in part.inputs:
        yield from _item(_input(entry))
    if part.base is not None and (form.donor is None or part.base.key != form.donor[1].key):
        yield f"base_model: {_model(part.base)}"
    yield from _parameters(part.settings)


def _input(entry: InputForm) -> Iterator[str]:
    yield f"model: {_model(entry.model)}"
    if entry.layers is not None:
        first, end = entry.layers
        yield f"layer_range: [{first.value}, {end.value}]"
    yield from _parameters(entry.settings)


def _model(model: ModelRef) -> str:
    return text_scalar(model.text)


def _parameters(settings: Sequence[Setting]) -> Iterator[str]:
    if not settings:
        return
    yield "parameters:"
    for setting in settings:
        name = text_scalar(setting.name.text)
        if len(setting.conditionals) == 1 and setting.conditionals[0].filter is None:
            yield f"  {name}: {_value(setting.conditionals[0].value)}"
            continue
        yield f"  {name}:"
        for conditional in setting.conditionals:
            yield from (f"  {line}" for line in _item(_conditional(conditional)))


def _conditional(conditional: Conditional) -> Iterator[str]:
    if conditional.filter is not None:
        yield f"filter: {text_scalar(conditional.filter.value)}"
    yield f"value: {_value(conditional.value)}"


def _value(value: Expression) -> str:
    match value:
        case Number():
            return spelled(value.value)
        case Flag():
            return "true" if value.value else "false"
        case Text():
            return text_scalar(value.value)
        case Call():
            return f"[{', '.join(map(_value, value.arguments))}]"
        case _:
            raise InternalError(f"{type(value).__name__} has no spelling in YAML")


def text_scalar(text: str) -> str:
    """A text on one line, in quotes where YAML would take it for something else."""
    style = '"' if not text.isprintable() else None
    dumped = yaml.safe_dump(text, width=_WIDEST, allow_unicode=True, default_style=style)
    return str(dumped).removesuffix("...\n").rstrip("\n")

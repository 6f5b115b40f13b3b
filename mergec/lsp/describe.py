"""Methods, parameters, models and tensors in a few lines of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mergec.contract.method import Base, Method
from mergec.core.params import Param, Scope, Value
from mergec.core.units import bytes_text, count_text, counted
from mergec.hooks import Provided
from mergec.plan import OpenedModel
from mergec.sidecar import model_type

FEW = 6


def signature_of(method: Method) -> str:
    """`slerp(base, model)`, `linear(model, …)`: how a method is called."""
    least, most = method.inputs.least, method.inputs.most
    names = [f"model{i + 1}" if least > 1 else "model" for i in range(least)]
    if method.base is Base.FIRST and names:
        names[0] = "base"
    more = ["…"] if most is None or most > least else []
    separate = {Base.SEPARATE: ["base = model"], Base.OPTIONAL: ["[base = model]"]}.get(method.base, [])
    return f"{method.name}({', '.join([*names, *more, *separate])})"


def method_text(provided: Provided) -> str:
    """A method: how it is called, what it does, its parameters, where it comes from."""
    method = provided.method
    lines = [f"```merge\n{signature_of(method)}\n```", method.summary, ""]
    lines += [f"- `{p.name}`{_facts(p)}: {p.doc}" for p in method.params]
    lines += ["", f"*{method.source}*" if method.source else "", f"from {provided.provider}"]
    return "\n".join(lines).replace("\n\n\n", "\n\n")


def param_text(param: Param) -> str:
    """A parameter: its kind, range and default, and what it does."""
    return f"```merge\n{param.name}\n```\n{param.doc}\n\n{_facts(param).strip(' ()')}"


def _facts(param: Param) -> str:
    facts = [param.kind.value, *([] if param.scope is Scope.SHARED else ["one for each input"])]
    if param.bounds:
        facts.append(param.bounds)
    if param.usual is not None:
        facts.append(f"usually {param.usual[0]:g}..{param.usual[1]:g}")
    if param.choices:
        facts.append(" or ".join(f'"{choice}"' for choice in param.choices))
    if param.unit:
        facts.append(f"in {param.unit}")
    if param.required:
        facts.append("required")
    elif param.default is not None:
        facts.append(f"default {_written(param.default)}")
    return f" ({', '.join(facts)})"


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"


def model_text(name: str, reference: str, opened: OpenedModel | None) -> str:
    """A model: what it is called, and what its headers say if it has been opened."""
    lines = [f'```merge\nmodel {name} = "{reference}"\n```']
    if opened is None:
        return lines[0]
    tensors = opened.checkpoint.tensors
    elements = sum(e.type.elements for e in tensors)
    size = sum(e.type.nbytes for e in tensors)
    kind = model_type(opened.config) or "unknown architecture"
    types = ", ".join(dict.fromkeys(e.type.dtype.torch_name or e.type.dtype.code for e in tensors))
    lines.append(f"{kind}, {count_text(elements)} parameters in {len(tensors)} tensors, {bytes_text(size)}, {types}")
    lines += [f"- `{s.prefix}N`: {s.layers} layers" for s in opened.anatomy.stacks]
    if opened.checkpoint.folder.revision:
        lines.append(f"- revision `{opened.checkpoint.folder.revision}`")
    return "\n".join(lines)


def listed(names: Sequence[str], what: str = "tensor") -> str:
    """How many there are, and the first few."""
    if not names:
        return f"no {what}"
    lines = [f"- `{name}`" for name in names[:FEW]] + (["- …"] if len(names) > FEW else [])
    return "\n".join([counted(len(names), what), "", *lines])


def joined(parts: Iterable[str]) -> str:
    """Paragraphs, those that are empty left out."""
    return "\n\n".join(part for part in parts if part)

"""Methods, parameters, models and tensors in a few lines of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mergec.core.params import Param
from mergec.core.units import bytes_text, count_text, counted
from mergec.hooks import Provided, call_of, facts_of
from mergec.plan import OpenedModel
from mergec.sidecar import model_type

FEW = 6


def method_text(provided: Provided) -> str:
    """A method: how it is called, what it does, its parameters, where it comes from."""
    method = provided.method
    lines = [f"```merge\n{call_of(method)}\n```", method.summary, ""]
    lines += [f"- `{p.name}` ({', '.join(facts_of(p))}): {p.doc}" for p in method.params]
    lines += ["", f"*{method.source}*" if method.source else "", f"from {provided.provider}"]
    return "\n".join(lines).replace("\n\n\n", "\n\n")


def param_text(param: Param) -> str:
    """A parameter: its kind, range and default, and what it does."""
    return f"```merge\n{param.name}\n```\n{param.doc}\n\n{', '.join(facts_of(param))}"


def _facts(param: Param) -> str:
    return ", ".join(facts_of(param))


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

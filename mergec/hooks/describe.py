"""Methods and parameters in words: how a recipe writes them, what they take, what is usual."""

from __future__ import annotations

from collections.abc import Iterator

from mergec.contract.method import Base, Method
from mergec.core.conform import shown
from mergec.core.params import Param, ParamKind, Scope, Value

LETTERS = "abcdefgh"


def signature_of(method: Method) -> str:
    """How a recipe calls a method, such as `linear(a, b, …) { weight = …  normalize = true }`."""
    call = f"{method.name}({', '.join(_inputs(method))})"
    values = [f"{p.name} = {_given(p)}" for p in method.params if p.required or p.default is not None]
    return f"{call} {{ {'  '.join(values)} }}" if values else call


def call_of(method: Method) -> str:
    """How a method is called, parameters left out and a base that it can do without in brackets."""
    optional = ["[base = base]"] if method.base is Base.OPTIONAL else []
    return f"{method.name}({', '.join([*_inputs(method), *optional])})"


def _inputs(method: Method) -> Iterator[str]:
    if method.wraps:
        yield "METHOD(a, b, …, base = base)"
        return
    least, most = method.inputs.least, method.inputs.most
    named = max(least, 2) if most != 1 else 1
    first = method.base is Base.FIRST
    yield from (["base"] if first else []) + list(LETTERS[: named - first])
    if most is None or most > named:
        yield "…"
    if method.base is Base.SEPARATE:
        yield "base = base"


def _given(param: Param) -> str:
    return "…" if param.default is None else written(param, param.default)


def written(param: Param, value: Value) -> str:
    """A value as a rule for this parameter would give it."""
    return str(value) if param.kind is ParamKind.TEXT else shown(value)


def facts_of(param: Param) -> tuple[str, ...]:
    """What is to be known of a parameter, most important first: `number`, `per input`, `0 to 1`, `required`, …"""
    return tuple(_facts(param))


def _facts(param: Param) -> Iterator[str]:
    yield param.kind.value if not param.choices else " or ".join(param.choices)
    if param.scope is Scope.PER_INPUT:
        yield "one per input"
    if param.bounds:
        only = param.above is None and param.below is None and param.low is not None and param.high is not None
        yield f"{param.low:g} to {param.high:g}" if only else param.bounds
    if param.usual is not None:
        yield f"usually {param.usual[0]:g} to {param.usual[1]:g}"
    if param.unit:
        yield f"in {param.unit}"
    if param.required:
        yield "required"
    elif param.default is not None:
        yield f"default {written(param, param.default)}"
    else:
        yield "optional"

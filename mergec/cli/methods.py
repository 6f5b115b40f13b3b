"""`mergec methods`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from mergec.cli.console import write_result
from mergec.contract.method import Base, Method
from mergec.core.params import Param, Scope
from mergec.core.suggest import did_you_mean
from mergec.diagnostics import Code, Report
from mergec.hooks import Plugins, Provided, facts_of, load_plugins, signature_of

GROUPS = (
    "of one model",
    "between two models",
    "of any number of models",
    "of changes to a base",
    "of the result of another merge",
)


def methods_command(name: str | None, format: str, report: Report) -> None:
    """Print all methods, or one in full."""
    plugins = load_plugins(report)
    report.stop_if_failed()
    if name is not None and name not in plugins.methods:
        help = did_you_mean(name, plugins.methods, "`mergec methods` lists them")
        report.error(Code.UNKNOWN_METHOD, f"no merge method is called `{name}`", help=help)
        report.stop_if_failed()
    chosen = [plugins.methods[name]] if name is not None else list(plugins.methods.values())
    if format == "json":
        write_result(json.dumps([_method_json(p) for p in chosen], indent=1))
    elif name is not None:
        write_result("\n".join(_full(chosen[0])))
    else:
        write_result("\n".join(_list(plugins)))


def _list(plugins: Plugins) -> Iterable[str]:
    """All methods, by what they make a model of."""
    width = max((len(name) for name in plugins.methods), default=0)
    for group in GROUPS:
        provided = [p for p in plugins.methods.values() if _group(p.method) == group]
        if provided:
            yield f"{group}:"
            yield from (f"  {p.method.name:<{width}}  {p.method.summary}  ({p.provider})" for p in provided)


def _group(method: Method) -> str:
    one, two, many, changes, wrapped = GROUPS
    if method.wraps:
        return wrapped
    if method.base is Base.SEPARATE:
        return changes
    return {1: one, 2: two}.get(method.inputs.most or 0, many)


def _full(provided: Provided) -> Iterable[str]:
    method = provided.method
    yield f"{method.name}: {method.summary}"
    yield f"  merge NAME = {signature_of(method)}"
    for what, text in _properties(method):
        yield f"  {what:<9} {text}"
    yield f"  provider  {provided.provider}"
    for param in method.params:
        yield f"  {param.name}: {', '.join(facts_of(param))}"
        yield f"      {param.doc}"


def _properties(method: Method) -> Iterable[tuple[str, str]]:
    yield "inputs", "a merge that has a base" if method.wraps else f"{method.inputs}{_base(method.base)}"
    yield "pattern", _pattern(method) + (", or as its parameters and the tensor decide" if method.choose else "")
    if method.suits is not None:
        rest = f"; others are made by `{method.fallback.name}`" if method.fallback is not None else ""
        yield "suits", f"{method.suits}{rest}"
    if method.symmetric:
        yield "order", "makes no difference"
    if method.random:
        yield "random", "draws numbers under --seed"
    if method.source:
        yield "source", method.source


def _pattern(method: Method) -> str:
    return type(method.pattern).__name__.lower()


def _base(base: Base) -> str:
    return {
        Base.NONE: "",
        Base.FIRST: ", the first is the base",
        Base.SEPARATE: ", and a base",
        Base.OPTIONAL: ", and a base if one is named",
    }[base]


def _method_json(provided: Provided) -> dict[str, Any]:
    method = provided.method
    suits = method.suits
    return {
        "name": method.name,
        "summary": method.summary,
        "signature": signature_of(method),
        "inputs": {"least": method.inputs.least, "most": method.inputs.most},
        "base": method.base.value,
        "pattern": _pattern(method),
        "suits": None if suits is None else {"ranks": list(suits.ranks), "without": list(suits.without)},
        "fallback": method.fallback.name if method.fallback is not None else None,
        "wraps": method.wraps,
        "symmetric": method.symmetric,
        "random": method.random,
        "shade": method.shade,
        "source": method.source,
        "provider": {"distribution": provided.provider.distribution, "version": provided.provider.version},
        "parameters": [_param_json(p) for p in method.params],
    }


def _param_json(param: Param) -> dict[str, Any]:
    return {
        "name": param.name,
        "doc": param.doc,
        "kind": param.kind.value,
        "per_input": param.scope is Scope.PER_INPUT,
        "required": param.required,
        "default": param.default,
        "low": param.low,
        "high": param.high,
        "above": param.above,
        "below": param.below,
        "usual": param.usual,
        "unit": param.unit,
        "choices": list(param.choices),
    }

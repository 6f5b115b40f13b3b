"""`mergec check` and `mergec methods`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from mergec.cli.console import in_order, style_of, write_result
from mergec.cli.guard import Exit
from mergec.cli.inputs import Choices, compiled
from mergec.contract.method import Base
from mergec.core.params import Param, Scope
from mergec.core.suggest import did_you_mean
from mergec.diagnostics import Code, RecipeError, Report
from mergec.diagnostics.render_json import render_json
from mergec.diagnostics.render_text import render_text, summarise
from mergec.hooks import Provided, load_plugins
from mergec.syntax import check_schema


def check_command(recipe: str, strict: bool, format: str, choices: Choices, report: Report) -> int:
    """Print every finding as the result; the exit code says whether the recipe would build."""
    try:
        program = compiled(recipe, choices, report)
        check_schema(program.plan.recipe.source, report)
    except RecipeError as error:
        for diagnostic in error.diagnostics:
            report.add(diagnostic)
    found = in_order(report.diagnostics)
    if format == "json":
        write_result(render_json(found))
    else:
        style = style_of(sys.stdout)
        text = render_text(found, colour=style.colour, width=style.width)
        write_result(f"{text}\n\n{summarise(found)}" if found else summarise(found))
    failed = report.failed or (strict and bool(found))
    return Exit.WRONG_RECIPE if failed else Exit.DONE


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
        width = max(len(p.method.name) for p in chosen)
        write_result("\n".join(f"{p.method.name:<{width}}  {p.method.summary}  ({p.provider})" for p in chosen))


def _full(provided: Provided) -> Iterable[str]:
    method = provided.method
    yield f"{method.name}: {method.summary}"
    yield f"  inputs    {method.inputs}{_base(method.base)}"
    yield f"  pattern   {type(method.pattern).__name__.lower()}"
    yield f"  source    {method.source}"
    yield f"  provider  {provided.provider}"
    for param in method.params:
        yield f"  {param.name}: {param.kind.value}, {param.scope.value}{_bounds(param)}"
        yield f"      {param.doc}"


def _base(base: Base) -> str:
    return {Base.NONE: "", Base.FIRST: ", the first is the base", Base.SEPARATE: ", and a base"}[base]


def _bounds(param: Param) -> str:
    parts = []
    if param.low is not None or param.high is not None:
        low = "" if param.low is None else f"{param.low:g}"
        high = "" if param.high is None else f"{param.high:g}"
        parts.append(f"{low}..{high}")
    if param.usual is not None:
        parts.append(f"usually {param.usual[0]:g}..{param.usual[1]:g}")
    if param.required:
        parts.append("required")
    elif param.default is not None:
        parts.append(f"default {str(param.default).lower()}")
    return "".join(f", {p}" for p in parts)


def _method_json(provided: Provided) -> dict[str, Any]:
    method = provided.method
    return {
        "name": method.name,
        "summary": method.summary,
        "inputs": {"least": method.inputs.least, "most": method.inputs.most},
        "base": method.base.value,
        "pattern": type(method.pattern).__name__.lower(),
        "source": method.source,
        "provider": {"distribution": provided.provider.distribution, "version": provided.provider.version},
        "parameters": [
            {
                "name": p.name,
                "doc": p.doc,
                "kind": p.kind.value,
                "per_input": p.scope is Scope.PER_INPUT,
                "required": p.required,
                "default": p.default,
                "low": p.low,
                "high": p.high,
                "usual": p.usual,
            }
            for p in method.params
        ],
    }

"""The graph as text, one operation a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from mergec.core.params import Value
from mergec.plan.graph import Agree, Blend, Copy, Gram, Graph, Measured, Node, Read

ModelName = Callable[[int], str]


def graph_lines(graph: Graph, targets: tuple[str, ...], model_name: ModelName, origins: bool = True) -> Iterable[str]:
    """Lines such as `%4 = blend %3(%0, %1) : bf16[8,8]`; `targets` say where each output is written."""
    for number, node in enumerate(graph.nodes):
        origin = f"  # {node.origin}" if origins and node.origin is not None else ""
        kind = f" : {node.type}" if node.type is not None else ""
        yield f"%{number} = {_operation(node, model_name)}{kind}{origin}"
    for output, target in zip(graph.outputs, targets, strict=True):
        yield f"write %{output} -> {target}"


def _operation(node: Node, model_name: ModelName) -> str:
    names = [f"%{o}" for o in node.operands]
    listed = ", ".join(names)
    match node.op:
        case Read(model, entry):
            return f"read @{model_name(model)} {json.dumps(entry.name, ensure_ascii=False)}"
        case Gram(of_deltas, rows):
            return f"gram{'.rows' if rows else ''}{'.deltas' if of_deltas else ''} {listed}"
        case Measured(method, arguments):
            given = ", ".join(_arguments(arguments.shared, arguments.per_input))
            return f"{method.name}.coefficients {listed} {{{given}}}"
        case Blend(None, of_deltas):
            return f"blend{'.deltas' if of_deltas else ''} {names[0]}({', '.join(names[1:])})"
        case Blend(coefficients, of_deltas):
            weights = ", ".join(repr(c) for c in coefficients or ())
            return f"blend{'.deltas' if of_deltas else ''} [{weights}]({listed})"
        case Copy():
            return f"copy {listed}"
        case Agree():
            return f"agree {listed}"


def _arguments(
    shared: tuple[tuple[str, Value | None], ...], per_input: tuple[tuple[str, tuple[Value | None, ...]], ...]
) -> Iterable[str]:
    for name, value in shared:
        yield f"{name} = {value!r}"
    for name, values in per_input:
        yield f"{name} = [{', '.join(repr(v) for v in values)}]"

"""The graph as text, one operation a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from json.encoder import JSONEncoder

from mergec.contract.method import Arguments
from mergec.contract.method import Blend as BlendPattern
from mergec.plan.graph import Agree, Apply, Blend, Copy, Graph, Measured, Node, Part, Read, Survey

_quoted = JSONEncoder(ensure_ascii=False).encode

ModelName = Callable[[int], str]


def graph_lines(graph: Graph, targets: tuple[str, ...], model_name: ModelName, origins: bool = True) -> Iterable[str]:
    """Lines such as `%2 = blend [0.5, 0.5](%0, %1) : bf16[8,8]`; `targets` say where each output is written."""
    kinds: dict[int, str] = {}
    for number, node in enumerate(graph.nodes):
        origin = f"  # {node.origin}" if origins and node.origin is not None else ""
        kind = kinds.get(id(node.type))
        if kind is None:
            kind = kinds[id(node.type)] = f" : {node.type}" if node.type is not None else ""
        yield f"%{number} = {_operation(node, model_name)}{kind}{origin}"
    for output, target in zip(graph.outputs, targets, strict=True):
        yield f"write %{output} -> {target}"


def _operation(node: Node, model_name: ModelName) -> str:
    if isinstance(node.op, Read):
        return f"read @{model_name(node.op.model)} {_quoted(node.op.entry.name)}"
    listed = ", ".join([f"%{o}" for o in node.operands])
    match node.op:
        case Blend(coefficients):
            return f"blend [{', '.join(map(repr, coefficients))}]({listed})"
        case Measured(method, pattern, arguments):
            deltas = ".deltas" if pattern.of_deltas else ""
            return f"blend{deltas} [{method.name} of gram{_given(arguments)}]({listed})"
        case Apply():
            return f"{_pattern(node.op)} {node.op.method.name}({listed}){_given(node.op.arguments)}{_keys(node.op)}"
        case Part():
            return f"part {node.op.apply.method.name}({listed}){_given(node.op.apply.arguments)}"
        case Survey(method):
            return f"survey {method.name}({listed})"
        case Copy():
            return f"copy {listed}"
        case Agree():
            return f"agree {listed}"


def _pattern(op: Apply) -> str:
    return "rows" if isinstance(op.pattern, BlendPattern) else type(op.pattern).__name__.lower()


def _keys(op: Apply) -> str:
    return f" random {' '.join(f'{key:016x}' for key in op.keys)}" if op.method.random else ""


def _given(arguments: Arguments) -> str:
    shared = [f"{name} = {value!r}" for name, value in arguments.shared]
    inputs = [f"{name} = [{', '.join(map(repr, values))}]" for name, values in arguments.per_input]
    return f" {{{', '.join((*shared, *inputs))}}}" if shared or inputs else ""

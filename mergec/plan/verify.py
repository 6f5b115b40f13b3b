"""The invariants of a graph, checked after every pass."""

from __future__ import annotations

from mergec.diagnostics import InternalError
from mergec.plan.graph import Agree, Apply, Blend, Copy, Graph, Measured, Node, Part, Read, Survey


def verify(graph: Graph, after: str) -> Graph:
    """The graph itself. Raises InternalError naming the pass `after` which it does not hold together."""
    for number, node in enumerate(graph.nodes):
        problem = _problem(graph, number, node)
        if problem is not None:
            raise InternalError(f"after {after}: %{number} {problem}")
    for output in graph.outputs:
        if graph.nodes[output].type is None:
            raise InternalError(f"after {after}: %{output} is an output but no tensor")
    return graph


def _problem(graph: Graph, number: int, node: Node) -> str | None:
    if not node.operands and isinstance(node.op, Read):
        return None
    if max(node.operands, default=-1) >= number or min(node.operands, default=0) < 0:
        return "uses a later node"
    operands = [graph.nodes[o] for o in node.operands]
    if isinstance(node.op, Blend):
        if len(node.op.coefficients) != len(operands):
            return "has another number of coefficients than of operands"
        return _tensors(node, operands)
    match node.op:
        case Read():
            return "reads and has operands" if operands else None
        case Copy():
            return None if [o.type for o in operands] == [node.type] else "copies and changes the type"
        case Agree():
            return None if {o.type for o in operands} == {node.type} else "compares tensors of different types"
        case Measured():
            return _tensors(node, operands)
        case Survey():
            return None if all(isinstance(o.op, Part) for o in operands) else "surveys something other than parts"
        case Part():
            return _floats(operands)
        case Apply():
            return _applied(node, node.op, operands)


def _applied(node: Node, op: Apply, operands: list[Node]) -> str | None:
    if op.surveyed:
        if not isinstance(operands[-1].op, Survey):
            return "lacks its survey"
        operands = operands[:-1]
    return _tensors(node, operands)


def _tensors(node: Node, operands: list[Node]) -> str | None:
    shape = node.type.shape if node.type is not None else None
    for operand in operands:
        if operand.type is not None and operand.type.shape != shape:
            return "combines tensors of different shapes"
    return _floats(operands)


def _floats(operands: list[Node]) -> str | None:
    if not operands:
        return "has no operands"
    for operand in operands:
        if operand.type is None or not operand.type.dtype.is_float:
            return "computes with something other than float tensors"
    return None

"""The invariants of a graph, checked after every pass."""

from __future__ import annotations

from mergec.diagnostics import InternalError
from mergec.plan.graph import Agree, Blend, Copy, Gram, Graph, Measured, Node, Read


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
    if any(o >= number or o < 0 for o in node.operands):
        return "uses a later node"
    operands = [graph.nodes[o] for o in node.operands]
    match node.op:
        case Read():
            return "reads and has operands" if operands else None
        case Gram():
            return _tensors(operands)
        case Measured():
            return None if [type(o.op) for o in operands] == [Gram] else "measures something other than a Gram matrix"
        case Copy():
            return None if [o.type for o in operands] == [node.type] else "copies and changes the type"
        case Agree():
            return None if {o.type for o in operands} == {node.type} else "compares tensors of different types"
        case Blend():
            return _blend(node, node.op, operands)


def _blend(node: Node, op: Blend, operands: list[Node]) -> str | None:
    if op.coefficients is None:
        if not operands or not isinstance(operands[0].op, Measured):
            return "lacks its coefficients"
        operands = operands[1:]
    elif len(op.coefficients) != len(operands) - op.of_deltas:
        return "has another number of coefficients than of operands"
    if node.type is None or any(o.type is not None and o.type.shape != node.type.shape for o in operands):
        return "blends tensors of different shapes"
    return _tensors(operands)


def _tensors(operands: list[Node]) -> str | None:
    if not operands or any(o.type is None or not o.type.dtype.is_float for o in operands):
        return "computes with something other than float tensors"
    return None

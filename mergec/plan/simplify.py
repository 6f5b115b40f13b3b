"""Rewrites of the graph that keep every bit of the result, or make it more exact."""

from __future__ import annotations

from collections.abc import Sequence

from mergec.core.tensor import TensorType
from mergec.plan.graph import Blend, Builder, Copy, Graph, Node


def simplify(graph: Graph) -> Graph:
    """Share operands, drop those with coefficient 0, and copy bytes where one tensor is taken whole.

    A blend of one tensor with itself is a copy where its coefficients add up to 1.
    """
    builder = Builder()
    numbers: list[int] = []
    for node in graph.nodes:
        operands = tuple(numbers[o] for o in node.operands)
        numbers.append(_rewrite(node, operands, builder))
    return builder.finish([numbers[o] for o in graph.outputs])


def _rewrite(node: Node, operands: tuple[int, ...], builder: Builder) -> int:
    if isinstance(node.op, Blend) and node.op.coefficients is not None and node.type is not None:
        rewrite = _deltas if node.op.of_deltas else _fixed
        return rewrite(node, node.type, node.op.coefficients, operands, builder)
    return builder.add(node.op, operands, node.type, node.origin)


def _fixed(
    node: Node, type: TensorType, coefficients: tuple[float, ...], operands: tuple[int, ...], builder: Builder
) -> int:
    kept = _weights(operands, coefficients)
    if len(kept) == 1:
        ((operand, weight),) = kept.items()
        return _scaled(node, type, operand, weight, builder)
    if not kept:
        kept = {operands[0]: 0.0}
    return builder.add(Blend(tuple(kept.values())), tuple(kept), type, node.origin)


def _deltas(
    node: Node, type: TensorType, coefficients: tuple[float, ...], operands: tuple[int, ...], builder: Builder
) -> int:
    """Without any delta the base is left; the base plus one whole delta is that delta's input."""
    *inputs, base = operands
    kept = _weights(inputs, coefficients)
    if not kept:
        return _scaled(node, type, base, 1.0, builder)
    if list(kept.values()) == [1.0]:
        return _scaled(node, type, next(iter(kept)), 1.0, builder)
    return builder.add(Blend(tuple(kept.values()), of_deltas=True), (*kept, base), type, node.origin)


def _weights(operands: Sequence[int], coefficients: tuple[float, ...]) -> dict[int, float]:
    """The coefficient of each operand that counts, all its places added up."""
    weights: dict[int, float] = {}
    for operand, coefficient in zip(operands, coefficients, strict=True):
        weights[operand] = weights.get(operand, 0.0) + coefficient
    return {o: w for o, w in weights.items() if w != 0.0}


def _scaled(node: Node, type: TensorType, operand: int, weight: float, builder: Builder) -> int:
    if weight == 1.0 and builder.nodes[operand].type == type:
        return builder.add(Copy(), (operand,), type, node.origin)
    return builder.add(Blend((weight,)), (operand,), type, node.origin)

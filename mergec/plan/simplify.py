"""Rewrites of the graph that keep every bit of the result, or make it more exact."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from mergec.core.sums import total
from mergec.core.tensor import TensorType
from mergec.plan.graph import Blend, Builder, Copy, Graph, Measured, Node, Read


def simplify(graph: Graph, references: Sequence[str]) -> Graph:
    """Fuse sums of sums, share operands, drop those with coefficient 0, copy bytes where one tensor is taken whole.

    Terms of a sum stand in an order that is the recipe's neither in text nor in models: that of the `references` of
    the models and the names of tensors. So no order of writing changes a bit.
    """
    simplifier = _Simplifier(references)
    numbers: list[int] = []
    for node in graph.nodes:
        if isinstance(node.op, Read):
            numbers.append(simplifier.builder.append(node))
            continue
        operands = tuple([simplifier.uncopied(numbers[o]) for o in node.operands])
        numbers.append(simplifier.rewrite(node, operands))
    return simplifier.builder.finish([numbers[o] for o in graph.outputs])


class _Simplifier:
    """Rewrites nodes, operands first."""

    def __init__(self, references: Sequence[str]) -> None:
        self.builder = Builder()
        self._references = references
        self._ranks: dict[int, str] = {}
        self._sums: dict[tuple[float, ...], Blend] = {}

    def rewrite(self, node: Node, operands: tuple[int, ...]) -> int:
        """The number of the node that takes this one's place."""
        if isinstance(node.op, Blend) and node.type is not None:
            return self._sum(node, node.type, node.op.coefficients, operands)
        return self.builder.add(node.op, operands, node.type, node.origin)

    def uncopied(self, number: int) -> int:
        """What an operand is a copy of, if it is one: bytes are copied into outputs alone."""
        node = self.builder.nodes[number]
        return node.operands[0] if isinstance(node.op, Copy) else number

    def _sum(self, node: Node, type: TensorType, coefficients: tuple[float, ...], operands: tuple[int, ...]) -> int:
        kept = self._weights(operands, coefficients)
        if not kept:
            kept = [(operands[0], 0.0)]
        if len(kept) == 1:
            ((operand, weight),) = kept
            source = self.builder.nodes[operand]
            if weight == 1.0 and source.type == type:
                stored = isinstance(source.op, Read)
                return self.builder.add(Copy(), (operand,), type, node.origin) if stored else operand
            if weight == 1.0 and isinstance(source.op, Measured):
                return self.builder.add(source.op, source.operands, type, source.origin)
        weights = tuple([w for _, w in kept])
        op = self._sums.setdefault(weights, Blend(weights))
        return self.builder.add(op, [o for o, _ in kept], type, node.origin)

    def _weights(self, operands: Sequence[int], coefficients: Sequence[float]) -> list[tuple[int, float]]:
        """Operands that count, in order, each with the sum of its coefficients, rounded once."""
        if len(set(operands)) == len(operands) and not any(self._is_sum(o) for o in operands):
            return self._in_order([(o, c) for o, c in zip(operands, coefficients, strict=True) if c != 0.0])
        terms: dict[int, list[float]] = {}
        for operand, coefficient in zip(operands, coefficients, strict=True):
            inner = self.builder.nodes[operand].op
            if isinstance(inner, Blend):
                for part, weight in zip(self.builder.nodes[operand].operands, inner.coefficients, strict=True):
                    terms.setdefault(part, []).append(coefficient * weight)
            else:
                terms.setdefault(operand, []).append(coefficient)
        weights = [(operand, total(found)) for operand, found in terms.items()]
        return self._in_order([(o, w) for o, w in weights if w != 0.0])

    def _is_sum(self, number: int) -> bool:
        return isinstance(self.builder.nodes[number].op, Blend)

    def _in_order(self, kept: list[tuple[int, float]]) -> list[tuple[int, float]]:
        return sorted(kept, key=lambda p: self._rank(p[0])) if len(kept) > 1 else kept

    def _rank(self, number: int) -> str:
        """A text that says what a tensor is made of, whatever the order of models and statements."""
        if number not in self._ranks:
            node = self.builder.nodes[number]
            if isinstance(node.op, Read):
                return f"{self._references[node.op.model]}\0{node.op.entry.name}"
            parts = "\n".join((type(node.op).__name__, *map(self._rank, node.operands)))
            self._ranks[number] = "\1" + hashlib.sha256(parts.encode()).hexdigest()
        return self._ranks[number]

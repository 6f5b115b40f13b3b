"""The graph of tensor operations, and its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mergec.contract.method import Arguments, Method
from mergec.core.tensor import TensorEntry, TensorType
from mergec.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Read:
    """A stored tensor of input model `model`."""

    model: int
    entry: TensorEntry


@dataclass(frozen=True, slots=True)
class Gram:
    """Inner products of the operands; of their deltas from the last operand, the base, with `of_deltas`.

    rows: one matrix per index of the first axis.
    """

    of_deltas: bool
    rows: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """A method's coefficients from the Gram matrix, its one operand."""

    method: Method
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Blend:
    """The weighted sum of the operands, rounded once to the type of the node.

    coefficients: one per operand; None if the first operand computes them.
    of_deltas: the last operand is the base: coefficients weigh the others' deltas from it, and it is added.
    """

    coefficients: tuple[float, ...] | None
    of_deltas: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """The operand's bytes."""


@dataclass(frozen=True, slots=True)
class Agree:
    """The first operand's bytes, if all operands hold the same."""


Op = Read | Gram | Measured | Blend | Copy | Agree


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. `type` is None where the result is not a tensor; `origin` is the rule behind it."""

    op: Op
    operands: tuple[int, ...]
    type: TensorType | None
    origin: Span | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes, operands before users, and the node that makes each output tensor."""

    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]


@dataclass(slots=True)
class Builder:
    """Collects nodes; equal work becomes one node. The origin does not count: the first one is kept."""

    nodes: list[Node] = field(default_factory=list)
    _known: dict[tuple[Op, tuple[int, ...], TensorType | None], int] = field(default_factory=dict)

    def add(self, op: Op, operands: Sequence[int], type: TensorType | None, origin: Span | None = None) -> int:
        """The number of the node that does this."""
        key = (op, tuple(operands), type)
        if key not in self._known:
            self._known[key] = len(self.nodes)
            self.nodes.append(Node(op, tuple(operands), type, origin))
        return self._known[key]

    def finish(self, outputs: Sequence[int]) -> Graph:
        """The graph, without nodes that no output needs."""
        needed = set(outputs)
        for i in range(len(self.nodes) - 1, -1, -1):
            if i in needed:
                needed.update(self.nodes[i].operands)
        numbers = {old: new for new, old in enumerate(sorted(needed))}
        nodes = tuple(
            Node(n.op, tuple(numbers[o] for o in n.operands), n.type, n.origin)
            for i, n in enumerate(self.nodes)
            if i in needed
        )
        return Graph(nodes, tuple(numbers[o] for o in outputs))

"""The graph of tensor operations."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from mergec.contract.method import Arguments, Elementwise, Measure, Method, Rows, Whole
from mergec.contract.method import Blend as BlendPattern
from mergec.core.tensor import TensorEntry, TensorType
from mergec.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Read:
    """A stored tensor of input model `model`."""

    model: int
    entry: TensorEntry


@dataclass(frozen=True, slots=True)
class Blend:
    """The weighted sum of the operands; one coefficient each."""

    coefficients: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A weighted sum whose coefficients a method finds from the Gram matrix of the operands.

    of_deltas: the last operand is the base; the matrix is that of the others' deltas, and the coefficients weigh those.
    """

    method: Method
    pattern: BlendPattern
    arguments: Arguments

    @property
    def of_deltas(self) -> bool:
        return self.pattern.of_deltas


Streamed = BlendPattern | Elementwise | Rows | Whole


@dataclass(frozen=True, slots=True)
class Apply:
    """A method's function of aligned blocks of the operands, or of whole tensors.

    has_base: the last tensor operand is the base. keys: one per input; name its random numbers.
    surveyed: the last operand is the survey of all tensors that the method makes.
    """

    method: Method
    pattern: Streamed
    arguments: Arguments
    name: str
    has_base: bool
    keys: tuple[int, ...]
    surveyed: bool = False


def surveys_of(apply: Apply) -> tuple[Measure, ...]:
    """What the method measures over all of its tensors."""
    return apply.pattern.surveys if isinstance(apply.pattern, Elementwise | Rows) else ()


def measures_of(apply: Apply) -> tuple[Measure, ...]:
    """What the method measures over the tensor."""
    return apply.pattern.measures if isinstance(apply.pattern, Elementwise | Rows) else ()


@dataclass(frozen=True, slots=True)
class Part:
    """What one tensor adds to a survey; operands as of the `Apply` that will make it."""

    apply: Apply


@dataclass(frozen=True, slots=True)
class Survey:
    """What a method measures over all of its operands, each a `Part`."""

    method: Method


@dataclass(frozen=True, slots=True)
class Copy:
    """The operand's bytes."""


@dataclass(frozen=True, slots=True)
class Agree:
    """The first operand's bytes, if all operands hold the same."""


Op = Read | Blend | Measured | Apply | Part | Survey | Copy | Agree


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. `type` is None where the result is not a tensor; `origin` is the rule behind it.

    A tensor that is no output is never rounded: its type is that of the arithmetic.
    """

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
    _known: dict[Hashable, int] = field(default_factory=dict)
    _reads: dict[tuple[int, str], int] = field(default_factory=dict)

    def read(self, model: int, entry: TensorEntry) -> int:
        """The number of the node that reads a stored tensor."""
        number = self._reads.get((model, entry.name))
        if number is None:
            number = self._reads[model, entry.name] = self.append(Node(Read(model, entry), (), entry.type))
        return number

    def add(self, op: Op, operands: Sequence[int], type: TensorType | None, origin: Span | None = None) -> int:
        """The number of the node that does this."""
        operands = tuple(operands)
        key = (*_identity(op), operands, type and (type.dtype.code, type.shape))
        number = self._known.get(key)
        if number is None:
            number = self._known[key] = len(self.nodes)
            self.nodes.append(Node(op, operands, type, origin))
        return number

    def append(self, node: Node) -> int:
        """The number of a node that is known to be like no other."""
        self.nodes.append(node)
        return len(self.nodes) - 1

    def finish(self, outputs: Sequence[int]) -> Graph:
        """The graph, without nodes that no output needs."""
        needed = bytearray(len(self.nodes))
        for output in outputs:
            needed[output] = 1
        for i in range(len(self.nodes) - 1, -1, -1):
            if needed[i]:
                for operand in self.nodes[i].operands:
                    needed[operand] = 1
        if all(needed):
            return Graph(tuple(self.nodes), tuple(outputs))
        numbers = list(accumulate(needed, initial=0))
        nodes = tuple(
            [
                n if not n.operands else Node(n.op, tuple([numbers[o] for o in n.operands]), n.type, n.origin)
                for i, n in enumerate(self.nodes)
                if needed[i]
            ]
        )
        return Graph(nodes, tuple([numbers[o] for o in outputs]))


def _identity(op: Op) -> tuple[Hashable, ...]:
    """What tells operations apart, cheap to compare: methods by identity, tensors by name."""
    match op:
        case Read():
            return ("read", op.model, op.entry.name)
        case Blend():
            return ("blend", op.coefficients)
        case Measured():
            return ("measured", id(op.method), id(op.pattern), op.arguments)
        case Apply():
            return ("apply", id(op.method), op.arguments, op.name, op.has_base, op.keys)
        case Part():
            return ("part", *_identity(op.apply))
        case Survey():
            return ("survey", id(op.method))
        case _:
            return (type(op).__name__,)

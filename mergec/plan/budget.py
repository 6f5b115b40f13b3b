"""How a build is cut: blocks, workers, and the memory and the reading that come of it."""

from __future__ import annotations

from dataclasses import dataclass

from mergec.core.tensor import TensorType
from mergec.plan.graph import Agree, Blend, Copy, Gram, Graph, Measured, Node, Read

BLOCK_ELEMENTS = 1 << 18
"""Elements a worker holds at once of each input: with the float32 copies, about what an L2 cache holds."""

GRANULE_ELEMENTS = 1 << 16
"""Inner products are summed in runs of this many elements, so that no block size changes their bits."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How the work is cut and what it holds.

    block_elements: elements of one block. workers: threads. slots: operands that a worker holds a block of.
    buffer_elements: room for each of them. double: some tensors are computed in float64. peak_bytes: what the buffers
    of all workers come to; the interpreter and torch are not in it.
    """

    block_elements: int
    workers: int
    slots: int
    buffer_elements: int
    double: bool
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes a build reads, all passes counted, and writes."""

    read_bytes: int
    write_bytes: int


def cut(graph: Graph, workers: int, block_elements: int = BLOCK_ELEMENTS) -> Cut:
    """The blocks of a build: large enough for every tensor's widest operation and, row by row, its longest row."""
    slots = max((_width(graph, n) for n in graph.nodes), default=1)
    row = max((_row_elements(graph, n) for n in graph.nodes), default=0)
    elements = max(block_elements, GRANULE_ELEMENTS, row)
    types = [n.type.dtype for n in graph.nodes if n.type is not None]
    double = any(t.bits > 16 for t in types)
    stored = max((t.bits // 8 for t in types), default=0)
    per_element = slots * (stored + _computing_bytes(graph, double)) + stored
    return Cut(block_elements, workers, slots, elements, double, workers * elements * per_element)


def _computing_bytes(graph: Graph, double: bool) -> int:
    """Bytes per element and operand while it is computed with: its value, its delta, its copy row by row."""
    grams = [n.op for n in graph.nodes if isinstance(n.op, Gram)]
    value = 8 if double else 4
    deltas = value if any(g.of_deltas for g in grams) else 0
    rows = 16 if any(g.rows for g in grams) else 0
    return value + deltas + rows


def _row_elements(graph: Graph, node: Node) -> int:
    """Elements of a row of the first axis, if the node takes whole rows."""
    if not isinstance(node.op, Gram) or not node.op.rows:
        return 0
    type = graph.nodes[node.operands[0]].type
    return type.elements // max(1, type.shape[0]) if type is not None and type.shape else 1


def traffic(graph: Graph, block_elements: int) -> Traffic:
    """What a build reads and writes. A tensor of several blocks is read once per pass, a smaller one once."""
    read = 0
    for number, node in enumerate(graph.nodes):
        if isinstance(node.op, Gram):
            continue
        for operand in _operands(graph, node):
            passes = 2 if _is_measured(graph, number) and _elements(operand.type) > block_elements else 1
            if isinstance(operand.op, Read) and operand.type is not None:
                read += passes * operand.type.nbytes
    written = sum(t.nbytes for o in graph.outputs if (t := graph.nodes[o].type) is not None)
    return Traffic(read, written)


def _operands(graph: Graph, node: Node) -> list[Node]:
    return [graph.nodes[o] for o in node.operands]


def _width(graph: Graph, node: Node) -> int:
    """Tensors that a block of this node needs at once."""
    if not isinstance(node.op, Blend | Gram | Agree):
        return 1 if isinstance(node.op, Copy) else 0
    return sum(1 for o in _operands(graph, node) if o.type is not None)


def _is_measured(graph: Graph, number: int) -> bool:
    node = graph.nodes[number]
    return bool(node.operands) and isinstance(graph.nodes[node.operands[0]].op, Measured)


def _elements(type: TensorType | None) -> int:
    return 0 if type is None else type.elements

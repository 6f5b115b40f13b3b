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
    """block_elements: elements of one block. workers: threads. peak_bytes: most that all buffers together hold."""

    block_elements: int
    workers: int
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes a build reads, all passes counted, and writes."""

    read_bytes: int
    write_bytes: int


def cut(graph: Graph, workers: int, block_elements: int = BLOCK_ELEMENTS) -> Cut:
    """The blocks of a build. Each worker has a raw and a computing buffer per operand, and one for the result."""
    widest = max((_width(graph, n) for n in graph.nodes), default=0)
    double = any(n.type is not None and n.type.dtype.bits > 16 for n in graph.nodes)
    per_element = widest * 8 + (2 * 8 if double else 2 * 4) + 8 + widest * (8 if double else 4)
    return Cut(block_elements, workers, workers * block_elements * per_element)


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

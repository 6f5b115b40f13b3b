"""How a build is cut: blocks, workers, and the memory and the reading that come of it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from math import prod

from mergec.core.units import bytes_text
from mergec.diagnostics import Code, Report, Span
from mergec.plan.graph import Agree, Copy, Graph, Node, Part, Read, surveys_of
from mergec.plan.scheme import Pass, Program, Schemes

BLOCK_ELEMENTS = 1 << 19
"""Elements a worker holds at once of each input."""

GRANULE_ELEMENTS = 1 << 16
"""Inner products are summed in runs of this many elements, so that no block size changes their bits."""

RUN_ELEMENTS = 1 << 19
"""Methods measure runs of this many elements, or as many whole rows, whatever the blocks."""

LEAST_BLOCK_ELEMENTS = 1 << 12

STORED_BUFFERS = 3
"""Blocks as stored that a worker keeps: two that it reads into by turns, one that it writes from."""

DEFAULT_MEMORY_BYTES = 2 << 30

AMOUNT_BYTES = 1 << 20
"""Room for what a method has measured, for each operand and worker."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How the work is cut and what it holds.

    block_elements: elements of one block. workers: threads. slots: blocks that a worker keeps. buffer_elements: room
    for each of them. double: some tensors are computed in float64. whole_bytes: what whole tensors may take together.
    peak_bytes: what all of that comes to; the interpreter and torch are not in it.
    """

    block_elements: int
    workers: int
    slots: int
    buffer_elements: int
    double: bool
    whole_bytes: int
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes a build reads, all passes counted, and writes."""

    read_bytes: int
    write_bytes: int


@dataclass(frozen=True, slots=True)
class Needs:
    """The most that any tensor of a graph asks for.

    slots: buffers. buffer_elements: in each, with blocks of no size. extra: blocks that methods allocate. amounts:
    operands that are measured. widest: bytes of a stored element. held_bytes: whole tensors of one output, and `held`,
    that output's name.
    """

    slots: int
    buffer_elements: int
    extra: float
    amounts: int
    widest: int
    held_bytes: int
    held: int


@dataclass(frozen=True, slots=True)
class Kind:
    """Tensors that are made alike, of tensors of the same types.

    number: the last of their nodes. times: how often such a tensor is made, or looked at by a survey.
    """

    number: int
    times: int


def kinds_of(graph: Graph, schemes: Schemes) -> tuple[Kind, ...]:
    """All that is made for itself, outputs and parts of surveys: what a tensor needs is asked once for each kind."""
    made = [(o, 1) for o in graph.outputs]
    made += [(i, len(surveys_of(n.op.apply))) for i, n in enumerate(graph.nodes) if isinstance(n.op, Part)]
    last: dict[Hashable, int] = {}
    counts: dict[Hashable, int] = {}
    for number, times in made:
        key = _likeness(graph, schemes, number)
        last[key] = max(number, last.get(key, number))
        counts[key] = counts.get(key, 0) + times
    return tuple(Kind(last[key], times) for key, times in counts.items())


def _likeness(graph: Graph, schemes: Schemes, number: int) -> Hashable:
    """What tensors of one kind share: the scheme, and the types, which equal ones mostly share as objects."""
    nodes = graph.nodes
    node = nodes[number]
    if isinstance(node.op, Copy | Agree):
        return (type(node.op), *[id(nodes[o].type) for o in (number, *node.operands)])
    program = schemes.program(number)
    return (id(program.scheme), *[id(nodes[n].type) for n in program.nodes])


def row_elements(shape: tuple[int, ...]) -> int:
    """Elements of a run of the last axis; 1 for a scalar."""
    return shape[-1] if shape else 1


def is_wide(graph: Graph, program: Program) -> bool:
    """Whether float32 is too narrow for a tensor: more than 16 bits are read or written."""
    types = [graph.nodes[n].type for n in program.nodes if isinstance(graph.nodes[n].op, Read)]
    last = graph.nodes[program.nodes[-1]].type
    return any(t.dtype.bits > 16 for t in (*types, last) if t is not None)


def run_elements(item: Pass, shape: tuple[int, ...], block_elements: int) -> int:
    """Elements of the blocks of a pass: fixed runs where something is measured, else what the budget gives."""
    wanted = RUN_ELEMENTS if item.fixed_runs else block_elements
    if item.whole_rows:
        row = max(1, row_elements(shape))
        return max(1, wanted // row) * row
    if item.sums_products and not item.fixed_runs:
        return max(1, wanted // GRANULE_ELEMENTS) * GRANULE_ELEMENTS
    return wanted


def is_at_once(shape: tuple[int, ...], program: Program, block_elements: int) -> bool:
    """Whether a tensor is one block, so that one reading is enough."""
    elements = prod(shape)
    return not program.scheme.held and elements <= min(block_elements, RUN_ELEMENTS)


def shape_of(graph: Graph, program: Program) -> tuple[int, ...]:
    """The shape of the tensors of a program; all have one."""
    return next(t.shape for n in reversed(program.nodes) if (t := graph.nodes[n].type) is not None)


def held_bytes(graph: Graph, program: Program) -> int:
    """Memory for the whole tensors that a program needs at a time; 0 where blocks are enough."""
    if not program.scheme.held:
        return 0
    return int(prod(shape_of(graph, program)) * (8 if is_wide(graph, program) else 4) * program.scheme.held)


def cut(
    graph: Graph,
    schemes: Schemes,
    kinds: tuple[Kind, ...],
    workers: int,
    memory_bytes: int | None,
    block_elements: int = BLOCK_ELEMENTS,
) -> tuple[Cut, Needs]:
    """The blocks of a build within a budget: smaller blocks first, then fewer workers, then one at the least."""
    needs = needs_of(graph, schemes, kinds, block_elements)
    double = any(_is_double(graph, schemes, kind.number) for kind in kinds)
    budget = DEFAULT_MEMORY_BYTES if memory_bytes is None else memory_bytes
    room = budget - needs.held_bytes
    block = block_elements
    while _streaming_bytes(needs, block, workers, double) > room and block > LEAST_BLOCK_ELEMENTS:
        block //= 2
    while _streaming_bytes(needs, block, workers, double) > room and workers > 1:
        workers -= 1
    streaming = _streaming_bytes(needs, block, workers, double)
    whole = min(max(needs.held_bytes, budget - streaming), needs.held_bytes * workers)
    elements = max(block, needs.buffer_elements)
    return Cut(block, workers, needs.slots, elements, double, whole, streaming + whole), needs


def refuse_small_budget(
    found: Cut, needs: Needs, memory_bytes: int | None, name: str, span: Span, report: Report
) -> None:
    """Report a budget that even one worker exceeds."""
    budget = DEFAULT_MEMORY_BYTES if memory_bytes is None else memory_bytes
    if found.peak_bytes <= budget:
        return
    what = f"`{name}` is made whole, which takes {bytes_text(needs.held_bytes)}" if needs.held_bytes else "its blocks"
    report.error(
        Code.TOO_LITTLE_MEMORY,
        f"the build holds {bytes_text(found.peak_bytes)} at the least, and may hold {bytes_text(budget)}",
        span,
        notes=(what,),
        help=f"allow it `--memory {-(-found.peak_bytes >> 20)}MiB`"
        + (', or choose another method for such tensors: `method["…"] = linear`' if needs.held_bytes else ""),
    )


def _streaming_bytes(needs: Needs, block: int, workers: int, double: bool) -> int:
    elements = max(block, needs.buffer_elements)
    value = 8 if double else 4
    per_element = value * (needs.slots + needs.extra) + STORED_BUFFERS * needs.widest
    return int(workers * (elements * per_element + needs.amounts * AMOUNT_BYTES))


def _is_double(graph: Graph, schemes: Schemes, number: int) -> bool:
    node = graph.nodes[number]
    if isinstance(node.op, Copy | Agree):
        return any(t.dtype.bits > 16 for o in (number, *node.operands) if (t := graph.nodes[o].type) is not None)
    return is_wide(graph, schemes.program(number))


def needs_of(graph: Graph, schemes: Schemes, kinds: tuple[Kind, ...], block_elements: int) -> Needs:
    """What the tensors of a graph ask for, each part of it the most that any does."""
    slots, elements, extra, amounts, widest, whole_bytes, whole = 1, GRANULE_ELEMENTS, 0.0, 0, 1, 0, 0
    for number in (kind.number for kind in kinds):
        node = graph.nodes[number]
        stored = [t.dtype.bits for o in (number, *node.operands) if (t := graph.nodes[o].type) is not None]
        widest = max(widest, -(-max(stored, default=8) // 8))
        if isinstance(node.op, Copy | Agree):
            continue
        program = schemes.program(number)
        shape = shape_of(graph, program)
        passes = _taken_passes(program, shape, block_elements)
        for item in passes:
            slots, extra = max(slots, item.slots), max(extra, item.extra)
            if item.fixed_runs:
                amounts = max(amounts, len(item.loads))
            if item.fixed_runs or item.whole_rows or item.sums_products:
                elements = max(elements, min(prod(shape), run_elements(item, shape, 1)))
        if program.scheme.held:
            whole_bytes, whole = max((whole_bytes, whole), (held_bytes(graph, program), number))
        widest = max(widest, *(_stored_bytes(graph.nodes[n]) for n in program.nodes))
    return Needs(slots, elements, extra, amounts, widest, whole_bytes, whole)


def _taken_passes(program: Program, shape: tuple[int, ...], block_elements: int) -> tuple[Pass, ...]:
    return (program.scheme.at_once,) if is_at_once(shape, program, block_elements) else program.scheme.passes


def _stored_bytes(node: Node) -> int:
    return node.type.dtype.bits // 8 if isinstance(node.op, Read) and node.type is not None else 1


def traffic(graph: Graph, schemes: Schemes, kinds: tuple[Kind, ...], block_elements: int) -> Traffic:
    """What a build reads and writes. A tensor of one block is read once, a larger one once for each pass."""
    read = sum(kind.times * _read_bytes(graph, schemes, kind.number, block_elements) for kind in kinds)
    written = sum(kind.times * t.nbytes for kind in kinds if (t := graph.nodes[kind.number].type) is not None)
    return Traffic(read, written)


def _read_bytes(graph: Graph, schemes: Schemes, number: int, block_elements: int) -> int:
    node = graph.nodes[number]
    if isinstance(node.op, Copy | Agree):
        return sum(t.nbytes for o in node.operands if (t := graph.nodes[o].type) is not None)
    program = schemes.program(number)
    total = 0
    for item in _taken_passes(program, shape_of(graph, program), block_elements):
        for load in item.loads:
            type = graph.nodes[program.nodes[load]].type
            total += type.nbytes if type is not None else 0
    return total

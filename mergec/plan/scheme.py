"""How one tensor is made: which passes over its inputs, and what is done with each block.

A tensor is streamed once for each thing that must be known of the whole before the next can begin. Nothing in between
is kept: a later pass computes again what an earlier one looked at. Many tensors share one scheme.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from mergec.contract.method import Blend as BlendPattern
from mergec.contract.method import Rows, Whole
from mergec.plan.graph import Apply, Blend, Graph, Measured, Node, Part, Read, Survey, measures_of


class Do(Enum):
    """What is done with a block."""

    LOAD = "load"
    SUM = "sum"
    APPLY = "apply"
    TAKE = "take"
    """Measure: inner products, or what a method looks at."""
    FILL = "fill"
    """Keep the operands whole, for a method of whole tensors."""
    PART = "part"
    """The block of a result that is there whole."""


@dataclass(frozen=True, slots=True)
class Action:
    """One step; nodes are counted within the program. slot: the buffer that the value is put in, if it needs one."""

    do: Do
    node: int
    operands: tuple[int, ...] = ()
    slot: int = -1
    index: int = 0


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over the inputs. whole_rows: blocks hold whole rows. fixed_runs: blocks are the same for every budget.

    slots: buffers. extra: what methods allocate, in blocks; their results stay until the end of the block.
    loads: nodes that are read.
    """

    actions: tuple[Action, ...]
    whole_rows: bool
    fixed_runs: bool
    sums_products: bool
    slots: int
    extra: float
    loads: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scheme:
    """The passes, the last of which writes; the same at once, for a tensor of one block.

    held: what whole tensors a method needs at a time, in multiples of one tensor; 0 where none does.
    """

    passes: tuple[Pass, ...]
    at_once: Pass
    held: float


@dataclass(frozen=True, slots=True)
class Program:
    """The nodes behind one node, operands first, itself last; and its scheme."""

    nodes: tuple[int, ...]
    scheme: Scheme


class Schemes:
    """Finds the program of a node; equal structures share one scheme."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[Hashable, Scheme] = {}
        self._programs: dict[int, Program] = {}

    def program(self, number: int) -> Program:
        """The program that makes an output, or takes a part of a survey."""
        program = self._programs.get(number)
        if program is None:
            program = self._programs[number] = self._found(number)
        return program

    def _found(self, number: int) -> Program:
        numbers = _behind(self._graph, number)
        place = {n: i for i, n in enumerate(numbers)}
        nodes = [self._graph.nodes[n] for n in numbers]
        local = [tuple([place[o] for o in n.operands if o in place]) if n.operands else () for n in nodes]
        key = (*map(_kind, nodes), *local)
        scheme = self._known.get(key)
        if scheme is None:
            scheme = self._known[key] = _Planner(nodes, local).scheme()
        return Program(numbers, scheme)


def _behind(graph: Graph, number: int) -> tuple[int, ...]:
    """Every tensor node that a node is made of, in ascending order; surveys are made before."""
    operands = graph.nodes[number].operands
    if all(isinstance(graph.nodes[o].op, Read) for o in operands):
        return (*sorted(set(operands)), number)
    found = {number}
    waiting = [number]
    while waiting:
        for operand in graph.nodes[waiting.pop()].operands:
            if operand not in found and not isinstance(graph.nodes[operand].op, Survey):
                found.add(operand)
                waiting.append(operand)
    return tuple(sorted(found))


def _kind(node: Node) -> Hashable:
    if isinstance(node.op, Read):
        return Read
    match node.op:
        case Measured():
            return ("measured", node.op.of_deltas)
        case Apply():
            return ("apply", id(node.op.pattern))
        case Part():
            return ("part", id(node.op.apply.pattern))
        case _:
            return type(node.op).__name__


class _Planner:
    """Makes a scheme: `ready[i]` is the first pass in which node i has a value."""

    def __init__(self, nodes: Sequence[Node], operands: Sequence[tuple[int, ...]]) -> None:
        self._nodes = nodes
        self._operands = operands
        self._inputs_ready: list[int] = []
        self._ready: list[int] = []
        for node, own in zip(nodes, operands, strict=True):
            begin = max((self._ready[o] for o in own), default=0)
            self._inputs_ready.append(begin)
            self._ready.append(begin + _passes(node))

    def scheme(self) -> Scheme:
        """The scheme of the last node."""
        passes = [self._pass(p) for p in range(self._ready[-1] + 1)]
        return Scheme(tuple(p for p in passes if p.actions), self._finish(self._at_once()), self._held())

    def _pass(self, number: int) -> Pass:
        actions: list[Action] = []
        done: set[int] = set()
        for i, node in enumerate(self._nodes):
            step = number - self._inputs_ready[i]
            if 0 <= step < _passes(node):
                do = Do.FILL if _is_whole(node) else Do.TAKE
                self._values(self._operands[i], number, done, actions)
                actions.append(Action(do, i, self._operands[i], index=step))
        last = len(self._nodes) - 1
        if number == self._ready[-1]:
            if isinstance(self._nodes[last].op, Part):
                self._values(self._operands[last], number, done, actions)
                actions.append(Action(Do.TAKE, last, self._operands[last]))
            else:
                self._values((last,), number, done, actions)
        return self._finish(actions)

    def _values(self, wanted: Iterable[int], number: int, done: set[int], actions: list[Action]) -> None:
        """The actions that compute some nodes' blocks, operands first."""
        for i in wanted:
            if i in done:
                continue
            done.add(i)
            if _is_whole(self._nodes[i]):
                actions.append(Action(Do.PART, i))
                continue
            self._values(self._operands[i], number, done, actions)
            actions.append(Action(_value(self._nodes[i]), i, self._operands[i]))

    def _at_once(self) -> list[Action]:
        actions: list[Action] = []
        for i, node in enumerate(self._nodes):
            if isinstance(node.op, Part):
                actions.append(Action(Do.TAKE, i, self._operands[i]))
                continue
            for step in range(0 if _is_whole(node) else _passes(node)):
                actions.append(Action(Do.TAKE, i, self._operands[i], index=step))
            actions.append(Action(_value(node), i, self._operands[i]))
        return actions

    def _finish(self, actions: Sequence[Action]) -> Pass:
        """The pass of some actions: buffers handed out, blocks described."""
        nodes = self._nodes
        placed, slots = _slots(actions)
        used = [(a, nodes[a.node]) for a in placed if a.do in (Do.APPLY, Do.TAKE)]
        whole_rows = any(_needs_rows(node) for _, node in used)
        takes = [node for action, node in used if action.do is Do.TAKE]
        results = sum(action.do is Do.APPLY for action, _ in used)
        measures = any(not isinstance(node.op, Measured) for node in takes)
        return Pass(
            tuple(placed),
            whole_rows,
            fixed_runs=measures or (whole_rows and bool(takes)),
            sums_products=bool(takes),
            slots=slots,
            extra=max((_extra(node, len(action.operands)) for action, node in used), default=0.0) + max(0, results - 1),
            loads=tuple(a.node for a in placed if a.do is Do.LOAD),
        )

    def _held(self) -> float:
        """Inputs, workspace and result of every method of whole tensors, none of which is let go before the end."""
        held = 0.0
        for node, own in zip(self._nodes, self._operands, strict=True):
            if isinstance(node.op, Apply) and isinstance(node.op.pattern, Whole):
                held += len(own) + 1 + node.op.pattern.workspace
        return held


def _passes(node: Node) -> int:
    """Passes over the operands before a node has a value."""
    match node.op:
        case Measured():
            return 1
        case Apply():
            return 1 if _is_whole(node) else len(measures_of(node.op))
        case _:
            return 0


def _is_whole(node: Node) -> bool:
    return isinstance(node.op, Apply) and isinstance(node.op.pattern, Whole)


def _value(node: Node) -> Do:
    if isinstance(node.op, Read):
        return Do.LOAD
    return Do.SUM if isinstance(node.op, Blend | Measured) else Do.APPLY


def _needs_rows(node: Node) -> bool:
    apply = node.op.apply if isinstance(node.op, Part) else node.op
    return isinstance(apply, Apply) and isinstance(apply.pattern, Rows | BlendPattern)


def _extra(node: Node, operands: int) -> float:
    """Blocks that are allocated beside the buffers: a result and a method's own, or deltas, or copies in float64."""
    match node.op:
        case Measured():
            return float(operands) if node.op.of_deltas else 0.0
        case Part():
            return _pattern_extra(node.op.apply, operands)
        case Apply():
            return 1.0 + _pattern_extra(node.op, operands)
        case _:
            return 0.0


def _pattern_extra(apply: Apply, operands: int) -> float:
    if isinstance(apply.pattern, BlendPattern):
        return 4.0 * operands + 2.0
    return apply.pattern.workspace


def _slots(actions: Sequence[Action]) -> tuple[list[Action], int]:
    """The actions with buffers for what they load and sum; a buffer is used again once its value is not."""
    last_use = {node: i for i, a in enumerate(actions) for node in (a.node, *a.operands)}
    free: list[int] = []
    slots: dict[int, int] = {}
    count = 0
    placed = []
    for i, action in enumerate(actions):
        slot = -1
        if action.do in (Do.LOAD, Do.SUM):
            if action.do is Do.SUM and _is_done_with_first(action, last_use, i) and action.operands[0] in slots:
                slot = slots.pop(action.operands[0])
            elif free:
                slot = free.pop()
            else:
                slot = count
                count += 1
            slots[action.node] = slot
        placed.append(replace(action, slot=slot))
        for node in (*action.operands, action.node):
            if last_use[node] == i and node in slots and i < len(actions) - 1:
                free.append(slots.pop(node))
    return placed, count


def _is_done_with_first(action: Action, last_use: dict[int, int], i: int) -> bool:
    """Whether a sum may take the place of its first term: nothing needs that later, and it is a term but once."""
    first = action.operands[0]
    return last_use[first] == i and action.operands.count(first) == 1

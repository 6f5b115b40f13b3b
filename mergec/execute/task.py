"""The work of one output tensor, or of one part of a survey: passes over its inputs, in pieces and blocks.

The bits of a result depend on neither block size nor workers: what is measured is measured over fixed runs of elements,
and joined in their order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from mergec.contract.backend import Array, Workspace
from mergec.execute.calls import Calls
from mergec.execute.context import Context
from mergec.execute.copies import spans
from mergec.execute.fold import OrderedFold
from mergec.execute.pool import Job
from mergec.execute.tensors import Operand, Output, Tally
from mergec.plan import Part, Program
from mergec.plan.budget import is_at_once, is_wide, run_elements, shape_of
from mergec.plan.scheme import Action, Do, Pass

PIECE_ELEMENTS = 1 << 22
"""Elements that one job handles, or as many whole runs: small enough to share out, large enough to be cheap."""


class Task:
    """Runs a program. `output` is what it writes; without one it takes what a survey asks for, and tells `give`."""

    def __init__(
        self, program: Program, context: Context, output: Output | None, give: Callable[[Any], None] | None = None
    ) -> None:
        self._program = program
        self._context = context
        self._output = output
        self._give = give
        self._nodes = [context.graph.nodes[n] for n in program.nodes]
        self._shape = shape_of(context.graph, program)
        self._elements = prod(self._shape)
        self._double = is_wide(context.graph, program)
        self._block = context.cut.block_elements
        self._wholes: dict[int, list[Array]] = {}
        self._made: dict[int, Array] = {}
        self._folds: dict[int, OrderedFold] = {}
        self._operands: dict[int, Operand] = {}
        self._left = 0
        self._lock = threading.Lock()
        self._tally = Tally(output.entry, context.maker(self._nodes[-1])) if output is not None else None
        self._calls = Calls(program, context, self._shape, self._tally)

    def start(self, workspace: Workspace) -> Sequence[Job]:
        """Do the work of a small tensor or of one that is held whole; else the jobs of the first pass."""
        if self._elements == 0:
            if self._output is not None:
                self._output.progress(0)
            return ()
        if is_at_once(self._shape, self._program, self._block):
            workspace.compute_in(self._double)
            self._run_block(workspace, self._program.scheme.at_once, 0, self._elements, None)
            return self._finish()
        if self._program.scheme.held:
            return self._run_alone(workspace)
        return self._pass_jobs(0)

    def _run_alone(self, workspace: Workspace) -> Sequence[Job]:
        for number, item in enumerate(self._program.scheme.passes):
            self._begin(workspace, item)
            for place, (first, count) in self._in_order(number):
                self._run_piece(workspace, number, place, first, count)
            self._settle(workspace, item)
        return self._finish()

    def _pass_jobs(self, number: int) -> Sequence[Job]:
        item = self._program.scheme.passes[number]
        self._folds = self._new_folds(item)
        jobs = [self._job(number, place, first, count) for place, (first, count) in self._in_order(number)]
        self._left = len(jobs)
        return jobs

    def _in_order(self, number: int) -> list[tuple[int, tuple[int, int]]]:
        """The pieces of a pass with their places, as they are gone through."""
        pieces = list(enumerate(self._pieces(self._program.scheme.passes[number])))
        return pieces[::-1] if self._goes_back(number) else pieces

    def _goes_back(self, number: int) -> bool:
        """Whether a pass begins where the last one ended, with what the processor still has in its cache."""
        return number > 0 and not self._program.scheme.passes[number].sums_products

    def _begin(self, workspace: Workspace, item: Pass) -> None:
        self._folds = self._new_folds(item)
        workspace.compute_in(self._double)
        for action in item.actions:
            if action.do is Do.FILL:
                self._wholes[action.node] = [workspace.whole(self._elements) for _ in action.operands]

    def _new_folds(self, item: Pass) -> dict[int, OrderedFold]:
        return {a.node: OrderedFold(self._joining(a)) for a in item.actions if a.do is Do.TAKE}

    def _pieces(self, item: Pass) -> list[tuple[int, int]]:
        run = run_elements(item, self._shape, self._block)
        return spans(self._elements, max(1, PIECE_ELEMENTS // run) * run)

    def _job(self, number: int, place: int, first: int, count: int) -> Job:
        def work(workspace: Workspace) -> Sequence[Job]:
            workspace.compute_in(self._double)
            self._run_piece(workspace, number, place, first, count)
            with self._lock:
                self._left -= 1
                if self._left:
                    return ()
            self._settle(workspace, self._program.scheme.passes[number])
            return self._finish() if number + 1 == len(self._program.scheme.passes) else self._pass_jobs(number + 1)

        def read_ahead() -> None:
            for load in self._program.scheme.passes[number].loads:
                self._operand(load).read_ahead(first, count)

        return Job(work, read_ahead=None if number else read_ahead)

    def _run_piece(self, workspace: Workspace, number: int, place: int, first: int, count: int) -> None:
        item = self._program.scheme.passes[number]
        amounts: dict[int, Any] = {}
        blocks = spans(count, run_elements(item, self._shape, self._block))
        for offset, elements in reversed(blocks) if self._goes_back(number) else blocks:
            self._run_block(workspace, item, first + offset, elements, amounts)
        self._context.wait()
        for node, amount in amounts.items():
            self._folds[node].add(place, amount)

    def _run_block(
        self, workspace: Workspace, item: Pass, first: int, count: int, amounts: dict[int, Any] | None
    ) -> None:
        """All actions on one block. Without `amounts` the block is all there is, and is settled as it is measured."""
        values: dict[int, Array] = {}
        for action in item.actions:
            given = [values[o] for o in action.operands]
            match action.do:
                case Do.LOAD:
                    values[action.node] = self._operand(action.node).load(workspace, action.slot, first, count)
                case Do.SUM:
                    values[action.node] = workspace.sum(given, self._calls.weights(action.node), action.slot)
                case Do.APPLY:
                    values[action.node] = self._calls.applied(workspace, action.node, given, first)
                case Do.PART:
                    values[action.node] = workspace.part(self._made[action.node], first, count)
                case Do.FILL:
                    for whole, value in zip(self._wholes[action.node], given, strict=True):
                        workspace.fill(whole, first, value)
                case Do.TAKE:
                    amount = self._calls.taken(workspace, action, given, first)
                    if amounts is None:
                        self._settle_one(action, amount)
                    elif action.node in amounts:
                        amounts[action.node] = self._calls.joined(action, amounts[action.node], amount)
                    else:
                        amounts[action.node] = amount
        last = len(self._nodes) - 1
        if self._output is not None and self._tally is not None and last in values:
            computed = workspace.finish(values[last], self._output.entry.type.dtype, self._calls.bound(last))
            self._output.write(computed.data, first)
            self._tally.add(computed.non_finite)

    def _operand(self, node: int) -> Operand:
        if node not in self._operands:
            self._operands[node] = self._context.operand(self._program.nodes[node])
        return self._operands[node]

    def _joining(self, action: Action) -> Callable[[Any, Any], Any]:
        def join(one: Any, other: Any) -> Any:
            joined = self._calls.joined(action, one, other)
            self._context.wait()
            return joined

        return join

    def _settle(self, workspace: Workspace, item: Pass) -> None:
        """What the pass has measured, made use of; what it has filled, made whole."""
        for action in item.actions:
            if action.do is Do.TAKE:
                self._settle_one(action, self._folds[action.node].amount)
            elif action.do is Do.FILL:
                self._made[action.node] = self._calls.made_whole(workspace, action.node, self._wholes.pop(action.node))

    def _settle_one(self, action: Action, amount: Any) -> None:
        if isinstance(self._nodes[action.node].op, Part):
            assert self._give is not None
            self._context.wait()
            self._give(amount)
        else:
            self._calls.settle(action, amount)

    def _finish(self) -> Sequence[Job]:
        # The folds refer to this task, so that it would stay, and whole tensors with it.
        self._folds, self._made = {}, {}
        if self._tally is not None:
            self._tally.finish(self._calls.unmeasured)
        return ()

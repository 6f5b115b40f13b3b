"""What a task asks of its methods: applied to blocks and whole tensors, measured with, and contained if they fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import fsum, inf
from typing import Any

from mergec.contract.backend import Array, Workspace
from mergec.contract.method import Blend as BlendPattern
from mergec.contract.method import Block, Coefficients, Measure, Memo, Rows, Whole
from mergec.execute.context import Context
from mergec.execute.gram import coefficients_of, summed, weights_of_all
from mergec.execute.tensors import Tally, contained
from mergec.plan import GRANULE_ELEMENTS, Apply, Measured, Part, Program
from mergec.plan.budget import row_elements
from mergec.plan.graph import Blend, measures_of, surveys_of
from mergec.plan.scheme import Action

MARGIN = 1.01
"""Over a length that was measured in float32."""

LARGEST_BOUNDED = 2.0**20
"""A larger coefficient, times an element whose square is too small for float32, may not be within that."""


class Calls:
    """The methods of one program, and what they have found out about its tensor.

    unmeasured: inner products are beyond float64. tally: counts what is not finite; None for a survey.
    """

    def __init__(self, program: Program, context: Context, shape: tuple[int, ...], tally: Tally | None) -> None:
        self._context = context
        self._nodes = [context.graph.nodes[n] for n in program.nodes]
        self._shape = shape
        self._columns = max(1, row_elements(shape))
        self._tally = tally
        self._coefficients: dict[int, Coefficients] = {}
        self._bounds: dict[int, float] = {}
        self._results: dict[int, tuple[Any, ...]] = {}
        self._memo: dict[tuple[Any, ...], Any] = {}
        self.unmeasured = False

    def weights(self, node: int) -> Coefficients:
        """The coefficients of a sum, planned or measured."""
        op = self._nodes[node].op
        return op.coefficients if isinstance(op, Blend) else self._coefficients[node]

    def bound(self, node: int) -> float:
        """What no value of a node exceeds in size, as far as its operands were measured; else infinity."""
        return self._bounds.get(node, inf)

    def applied(self, workspace: Workspace, node: int, given: Sequence[Array], first: int) -> Array:
        """What a method makes of blocks that begin at an element."""
        apply = self._apply_of(node)
        with contained(apply.method, apply.name, self._context.provider):
            if isinstance(apply.pattern, BlendPattern):
                return workspace.sum_rows(apply.pattern, apply.arguments, given, self._columns)
            if self._tally is not None:
                self._tally.add_damaged(workspace.non_finite(given))
            block = self._blocked(workspace, node, given, first)
            return workspace.checked(workspace.call(apply.pattern.apply, block), block)

    def made_whole(self, workspace: Workspace, node: int, wholes: Sequence[Array]) -> Array:
        """What a method makes of whole tensors."""
        apply = self._apply_of(node)
        if self._tally is not None:
            self._tally.add_damaged(workspace.non_finite(wholes))
            self._tally.finish(False)
        with contained(apply.method, apply.name, self._context.provider):
            assert not isinstance(apply.pattern, BlendPattern)
            block = self._block_of(node, [workspace.shaped(w, self._shape) for w in wholes], 0)
            return workspace.checked(workspace.call(apply.pattern.apply, block), block)

    def taken(self, workspace: Workspace, action: Action, given: Sequence[Array], first: int) -> Any:
        """What blocks amount to in a measure."""
        op = self._nodes[action.node].op
        if isinstance(op, Measured):
            return workspace.products(given, GRANULE_ELEMENTS, op.of_deltas)
        apply = self._apply_of(action.node)
        with contained(apply.method, apply.name, self._context.provider):
            block = self._blocked(workspace, action.node, given, first)
            return workspace.call(self._measure(action).take, block)

    def joined(self, action: Action, one: Any, other: Any) -> Any:
        """Two amounts of a measure as one."""
        if isinstance(self._nodes[action.node].op, Measured):
            return one + other
        apply = self._apply_of(action.node)
        with contained(apply.method, apply.name, self._context.provider):
            return self._measure(action).join(one, other)

    def settle(self, action: Action, amount: Any) -> None:
        """Keep what a measure of the whole tensor has found; not for surveys, whose amounts are joined with others."""
        op = self._nodes[action.node].op
        if isinstance(op, Measured):
            self._settle_measured(action.node, op, amount)
            return
        apply = self._apply_of(action.node)
        measure = self._measure(action)
        with contained(apply.method, apply.name, self._context.provider):
            block = self._block_of(action.node, (), 0)
            result = amount if measure.settle is None else measure.settle(amount, block)
            self._context.wait()
        self._results[action.node] = (*self._results.get(action.node, ()), result)

    def _settle_measured(self, node: int, op: Measured, partials: list[Any]) -> None:
        gram = summed(partials)
        if gram is None:
            # An average is not finite where an input is not, so that blending will count those values.
            self.unmeasured = True
            count = len(partials[0])
            coefficients: Coefficients = (1.0 / count,) * count
        else:
            name = "a tensor" if self._tally is None else self._tally.name
            with contained(op.method, name, self._context.provider):
                coefficients = coefficients_of(op, gram)
            if not op.of_deltas and max(map(abs, coefficients)) < LARGEST_BOUNDED:
                self._bounds[node] = MARGIN * fsum(abs(c) * gram.norm(i) for i, c in enumerate(coefficients))
        self._coefficients[node] = weights_of_all(coefficients, op.of_deltas)

    def _measure(self, action: Action) -> Measure:
        op = self._nodes[action.node].op
        if isinstance(op, Part):
            return surveys_of(op.apply)[len(self._context.current)]
        return measures_of(self._apply_of(action.node))[action.index]

    def _apply_of(self, node: int) -> Apply:
        op = self._nodes[node].op
        apply = op.apply if isinstance(op, Part) else op
        assert isinstance(apply, Apply)
        return apply

    def _blocked(self, workspace: Workspace, node: int, given: Sequence[Array], first: int) -> Block:
        """What a method is given: the operands' blocks in the shape its pattern promises."""
        if isinstance(self._apply_of(node).pattern, Rows):
            given = [workspace.shaped(v, (-1, self._columns)) for v in given]
        return self._block_of(node, given, first)

    def _block_of(self, node: int, given: Sequence[Array], first: int) -> Block:
        apply = self._apply_of(node)
        inputs, base = (tuple(given[:-1]), given[-1]) if apply.has_base and given else (tuple(given), None)
        operands = self._nodes[node].operands
        surveyed = self._context.surveyed.get(operands[-1], ()) if apply.surveyed else self._context.current
        done = self._results.get(node, ())
        block = Block(inputs, base, apply.arguments, apply.name, self._shape, first, done, surveyed, apply.keys)
        if not isinstance(apply.pattern, Whole):
            return block
        return replace(block, memo=self._memo_of(operands, None if base is None else operands[len(inputs)]))

    def _memo_of(self, inputs: Sequence[int], base: int | None) -> Memo:
        def memo(key: tuple[str, int], compute: Callable[[], Any]) -> Any:
            what, i = key
            known = (what, inputs[i], base)
            if known not in self._memo:
                self._memo[known] = compute()
            return self._memo[known]

        return memo

"""Surveys: what a method measures over all of its tensors before any of them is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from mergec.contract.backend import Workspace
from mergec.contract.method import Block, Measure
from mergec.execute.context import Context
from mergec.execute.fold import OrderedFold
from mergec.execute.pool import Job, Pool
from mergec.execute.task import Task
from mergec.execute.tensors import contained
from mergec.plan import Part, Survey
from mergec.plan.budget import held_bytes, shape_of
from mergec.plan.graph import surveys_of


def run_surveys(context: Context, make_pool: Callable[[], Pool]) -> None:
    """Take every survey of the graph, those first that others are made of."""
    for number, node in enumerate(context.graph.nodes):
        if isinstance(node.op, Survey):
            context.surveyed[number] = _taken(context, node.operands, make_pool)


def _taken(context: Context, parts: Sequence[int], make_pool: Callable[[], Pool]) -> tuple[Any, ...]:
    filled = [p for p in parts if prod(shape_of(context.graph, context.schemes.program(p)))]
    if not filled:
        return ()
    first = context.graph.nodes[filled[0]].op
    assert isinstance(first, Part)
    context.current = ()
    for survey in surveys_of(first.apply):
        fold = OrderedFold(_joining(context, first, survey))
        make_pool().run([_job(context, part, place, fold) for place, part in enumerate(filled)])
        block = Block((), None, first.apply.arguments, first.apply.name, surveyed=context.current)
        with contained(first.apply.method, first.apply.name, context.provider):
            result = fold.amount if survey.settle is None else survey.settle(fold.amount, block)
            context.wait()
        context.current = (*context.current, result)
    found, context.current = context.current, ()
    return found


def _joining(context: Context, part: Part, survey: Measure) -> Callable[[Any, Any], Any]:
    def join(one: Any, other: Any) -> Any:
        with contained(part.apply.method, part.apply.name, context.provider):
            joined = survey.join(one, other)
            context.wait()
        return joined

    return join


def _job(context: Context, part: int, place: int, fold: OrderedFold) -> Job:
    program = context.schemes.program(part)

    def work(workspace: Workspace) -> Sequence[Job]:
        return Task(program, context, None, lambda amount: fold.add(place, amount)).start(workspace)

    return Job(work, held_bytes=held_bytes(context.graph, program))

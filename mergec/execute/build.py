"""Writing the weights of a plan into a directory."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain

from mergec.contract.backend import Backend, Workspace
from mergec.diagnostics import MachineFault
from mergec.execute.context import Context, provider_of
from mergec.execute.copies import agree, copy_jobs
from mergec.execute.crew import Crew, Relay
from mergec.execute.files import Source, Sources, Target, write_fault
from mergec.execute.meter import Listener, TensorMeter
from mergec.execute.pool import Job, Pool
from mergec.execute.shares import shares_of
from mergec.execute.survey import run_surveys
from mergec.execute.task import Task
from mergec.execute.tensors import Operand, Output
from mergec.plan import Agree, Copy, Plan, Read, Schemes
from mergec.plan.budget import held_bytes

Order = Callable[[Plan], Sequence[int]]


def largest_first(plan: Plan) -> Sequence[int]:
    """The outputs, by place, so that no large one is left for the end."""
    return sorted(range(len(plan.places)), key=lambda i: -plan.places[i].type.nbytes)


def write_weights(
    plan: Plan,
    directory: str,
    backend: Backend,
    listener: Listener,
    sync: bool,
    providers: Mapping[str, str],
    order: Order | None = None,
    processes: bool = False,
) -> None:
    """Write every weight file of the plan into an existing directory.

    processes: workers may be processes, which are forked from this one; else they are threads.
    Raises MachineFault if a file cannot be read or written or an input changes meanwhile, CheckFailed if a result is
    not finite, whole-number tensors differ or a method fails.
    """
    with ExitStack() as stack:
        sources = Sources(lambda model, file: _open_source(plan, model, file))
        stack.callback(sources.close)
        targets = _open_targets(plan, directory, stack)
        relay = Relay(listener)
        jobs = _Jobs(plan, sources, targets, relay.listener, providers, backend)
        cut = plan.cut

        def make_workspace() -> Workspace:
            return backend.workspace(cut.slots, cut.buffer_elements, cut.double)

        def make_pool() -> Pool:
            return Pool(make_workspace, cut.workers, cut.whole_bytes)

        run_surveys(jobs.context, make_pool)
        ordered = (order or largest_first)(plan)
        shares = shares_of(plan, jobs.context.schemes, ordered) if processes and Crew.can_work() else []
        shared = {*chain(*shares)}
        if len(shared) < len(ordered):
            make_pool().run(jobs.all([i for i in ordered if i not in shared]))
        if shares:
            sources.open((n.op.model, n.op.entry.file) for n in plan.graph.nodes if isinstance(n.op, Read))
            Crew(make_workspace, cut.workers, relay).run([jobs.all(share) for share in shares])
        sources.check()
        for target in targets.values():
            target.finish(sync)


def _open_source(plan: Plan, model: int, file: str) -> Source:
    checkpoint = plan.catalog.models[model].checkpoint
    size = next(f.size_bytes for f in checkpoint.files if f.name == file)
    label = f"{checkpoint.folder.label}/{file}"
    try:
        return Source(checkpoint.folder.fetch(file), label, size)
    except FileNotFoundError as error:
        raise MachineFault(f"`{label}` is gone", help="build again once it is back") from error


def _open_targets(plan: Plan, directory: str, stack: ExitStack) -> dict[str, Target]:
    targets = {}
    for shard in plan.shards:
        path = os.path.join(directory, shard.file)
        try:
            target = Target(path, shard.header, shard.nbytes)
        except OSError as error:
            raise write_fault(path, error) from error
        stack.callback(target.close)
        targets[shard.file] = target
    return targets


class _Jobs:
    """One job for each output tensor, which does it or leaves its pieces behind."""

    def __init__(
        self,
        plan: Plan,
        sources: Sources,
        targets: dict[str, Target],
        listener: Listener,
        providers: Mapping[str, str],
        backend: Backend,
    ) -> None:
        self._plan = plan
        self._sources = sources
        self._targets = targets
        self._listener = listener
        self.context = Context(
            plan.graph, Schemes(plan.graph), plan.cut, self._operand, provider_of(providers), backend.wait
        )

    def all(self, order: Sequence[int]) -> list[Job]:
        """Every output tensor's job, in an order of places."""
        return [self._job(i) for i in order]

    def _operand(self, number: int) -> Operand:
        op = self._plan.graph.nodes[number].op
        assert isinstance(op, Read)
        return Operand(self._sources.get(op.model, op.entry.file), op.entry.offset, op.entry.type.dtype)

    def _job(self, i: int) -> Job:
        number, place = self._plan.graph.outputs[i], self._plan.places[i]
        node = self._plan.graph.nodes[number]

        def output() -> Output:
            return Output(self._targets[place.file], place, TensorMeter(place.type.nbytes, self._listener).add)

        def copy(workspace: Workspace) -> Sequence[Job]:
            return copy_jobs(self._operand(node.operands[0]), output())

        def compare(workspace: Workspace) -> Sequence[Job]:
            agree(tuple(map(self._operand, node.operands)), output(), self._plan.cut.block_elements, workspace)
            return ()

        def make(workspace: Workspace) -> Sequence[Job]:
            return Task(self.context.schemes.program(number), self.context, output()).start(workspace)

        if isinstance(node.op, Copy):
            return Job(copy, computes=False)
        if isinstance(node.op, Agree):
            return Job(compare)
        return Job(make, held_bytes=held_bytes(self._plan.graph, self.context.schemes.program(number)))

"""Writing the weights of a plan into a directory."""

from __future__ import annotations

import os
from contextlib import ExitStack

from mergec.contract.backend import Backend
from mergec.contract.method import Blend as BlendPattern
from mergec.core.tensor import TensorEntry
from mergec.diagnostics import MachineFault
from mergec.execute.files import Source, Sources, Target, write_fault
from mergec.execute.meter import Listener, TensorMeter
from mergec.execute.pieces import BlendTask, Operand, Output, agree_jobs, copy_jobs, row_jobs
from mergec.execute.pool import Job, Pool
from mergec.plan import Agree, Blend, Copy, Measured, Plan, Read


def write_weights(plan: Plan, directory: str, backend: Backend, listener: Listener, sync: bool) -> None:
    """Write every weight file of the plan into an existing directory.

    Raises MachineFault if a file cannot be read or written or an input changes meanwhile, CheckFailed if a result is
    not finite or whole-number tensors differ.
    """
    with ExitStack() as stack:
        sources = Sources(lambda model, file: _open_source(plan, model, file))
        stack.callback(sources.close)
        targets = _open_targets(plan, directory, stack)
        jobs = _Jobs(plan, sources, targets, listener)
        cut = plan.cut
        pool = Pool(lambda: backend.workspace(cut.slots, cut.buffer_elements, cut.double), cut.workers)
        pool.run(jobs.all())
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
    """The jobs of a plan, largest tensors first."""

    def __init__(self, plan: Plan, sources: Sources, targets: dict[str, Target], listener: Listener) -> None:
        self._plan = plan
        self._sources = sources
        self._targets = targets
        self._listener = listener

    def all(self) -> list[Job]:
        """Every job that can start at once."""
        order = sorted(range(len(self._plan.places)), key=lambda i: -self._plan.places[i].type.nbytes)
        return [job for i in order for job in self._tensor(self._plan.graph.outputs[i], self._plan.places[i])]

    def _operand(self, number: int) -> Operand:
        op = self._plan.graph.nodes[number].op
        assert isinstance(op, Read)
        return Operand(self._sources.get(op.model, op.entry.file), op.entry.offset, op.entry.type.dtype)

    def _tensor(self, number: int, place: TensorEntry) -> list[Job]:
        node = self._plan.graph.nodes[number]
        meter = TensorMeter(place.type.nbytes, self._listener)
        output = Output(self._targets[place.file], place, meter.add)
        match node.op:
            case Copy():
                return copy_jobs(self._operand(node.operands[0]), output)
            case Agree():
                operands = tuple(self._operand(o) for o in node.operands)
                return agree_jobs(operands, output, self._plan.cut.block_elements)
            case Blend(None, of_deltas):
                return self._measured(node.operands, output, of_deltas)
            case Blend(coefficients, of_deltas):
                operands = tuple(self._operand(o) for o in node.operands)
                return BlendTask(operands, output, self._plan.cut.block_elements, of_deltas, coefficients, None).jobs()
            case _:
                raise AssertionError(node.op)

    def _measured(self, numbers: tuple[int, ...], output: Output, of_deltas: bool) -> list[Job]:
        measured = self._plan.graph.nodes[numbers[0]].op
        assert isinstance(measured, Measured)
        assert isinstance(measured.method.pattern, BlendPattern)
        operands = tuple(self._operand(o) for o in numbers[1:])
        block = self._plan.cut.block_elements
        if measured.method.pattern.rows:
            return row_jobs(operands, output, block, measured)
        return BlendTask(operands, output, block, of_deltas, None, measured).jobs()

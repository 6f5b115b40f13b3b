"""Output tensors that need no arithmetic: bytes copied, or compared and copied."""

from __future__ import annotations

from collections.abc import Sequence

from mergec.contract.backend import Workspace
from mergec.diagnostics import CheckFailed
from mergec.execute.pool import Job
from mergec.execute.tensors import Operand, Output

COPY_PIECE_BYTES = 1 << 26


def spans(total: int, step: int) -> list[tuple[int, int]]:
    """Where each piece begins, and its length."""
    return [(first, min(step, total - first)) for first in range(0, total, step)]


def copy_jobs(operand: Operand, output: Output) -> list[Job]:
    """Copy a tensor's bytes."""

    def piece(first: int, length: int) -> Job:
        def work(workspace: Workspace) -> Sequence[Job]:
            output.target.copy_from(operand.source, operand.offset + first, output.entry.offset + first, length)
            output.progress(length)
            return ()

        return Job(work, computes=False)

    if not output.entry.type.nbytes:
        output.progress(0)
    return [piece(first, length) for first, length in spans(output.entry.type.nbytes, COPY_PIECE_BYTES)]


def agree(operands: tuple[Operand, ...], output: Output, block_bytes: int, workspace: Workspace) -> None:
    """Copy the first tensor's bytes after a comparison with all others."""
    for first, length in spans(output.entry.type.nbytes, block_bytes):
        buffers = [workspace.raw(slot, length) for slot in range(2)]
        operands[0].source.read_into(buffers[0], operands[0].offset + first)
        for operand in operands[1:]:
            operand.source.read_into(buffers[1], operand.offset + first)
            if buffers[1] != buffers[0]:
                raise CheckFailed(
                    f"`{output.entry.name}` is not a float tensor and differs between the inputs",
                    help='whole numbers cannot be merged: leave it out with `output … { drop = "GLOB" }`',
                )
        output.target.write(buffers[0], output.entry.offset + first)
    output.progress(output.entry.type.nbytes)

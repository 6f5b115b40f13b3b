"""The work of one output tensor: copying, comparing, or measuring and blending, in pieces."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import fsum, isfinite, nan

from mergec.contract.backend import PartialGram, Workspace
from mergec.contract.method import Blend, Coefficients, Method
from mergec.contract.method import Gram as GramMatrix
from mergec.core.dtype import DType
from mergec.core.tensor import TensorEntry
from mergec.diagnostics import CheckFailed
from mergec.execute.files import Source, Target
from mergec.execute.pool import Job
from mergec.plan import GRANULE_ELEMENTS, Measured

PIECE_ELEMENTS = 1 << 22
"""Elements that one job handles: a multiple of the granule, small enough to share out, large enough to be cheap."""

COPY_PIECE_BYTES = 1 << 26


@dataclass(frozen=True, slots=True)
class Operand:
    """An input tensor: its file, where it starts there, its element type."""

    source: Source
    offset: int
    dtype: DType

    def load(self, workspace: Workspace, slot: int, first: int, elements: int) -> None:
        """Bring `elements` from index `first` on into a slot, in the computing type."""
        size = self.dtype.bits // 8
        self.source.read_into(workspace.raw(slot, elements * size), self.offset + first * size)
        workspace.load(slot, self.dtype, elements)


@dataclass(frozen=True, slots=True)
class Output:
    """An output tensor and how its progress is told."""

    target: Target
    entry: TensorEntry
    progress: Callable[[int], None]

    @property
    def elements(self) -> int:
        return self.entry.type.elements

    def write(self, data: memoryview, first: int) -> None:
        """Write a block whose first element has index `first`."""
        size = self.entry.type.dtype.bits // 8
        self.target.write(data, self.entry.offset + first * size)
        self.progress(len(data))


def needs_double(inputs: Iterable[DType], output: DType) -> bool:
    """Whether float32 would be too narrow: more than 16 bits are read or written."""
    return any(dtype.bits > 16 for dtype in (*inputs, output))


class Tally:
    """Values of an output tensor that are not finite, over all of its pieces."""

    def __init__(self, entry: TensorEntry, pieces: int) -> None:
        self._entry = entry
        self._left = pieces
        self._non_finite = 0
        self._lock = threading.Lock()

    def add(self, non_finite: int) -> None:
        """Count the values of one block."""
        if non_finite:
            with self._lock:
                self._non_finite += non_finite

    def end_piece(self, unmeasured: bool = False) -> None:
        """Say that a piece is done. After the last one, raise CheckFailed if the tensor cannot be right."""
        with self._lock:
            self._left -= 1
            if self._left:
                return
        if self._non_finite:
            raise CheckFailed(
                f"`{self._entry.name}` came out with {self._non_finite} value(s) that are not finite numbers",
                help="an input holds NaN or infinity, "
                f"or {self._entry.type.dtype.torch_name} is too narrow for the result",
            )
        if unmeasured:
            raise CheckFailed(
                f"`{self._entry.name}` holds numbers too large to measure",
                help="the inner products of its inputs are beyond float64: look for a damaged input",
            )


def spans(elements: int, step: int) -> list[tuple[int, int]]:
    """Index of the first element and number of elements of each piece."""
    return [(first, min(step, elements - first)) for first in range(0, elements, step)]


def copy_jobs(operand: Operand, output: Output) -> list[Job]:
    """Copy a tensor's bytes."""

    def piece(first: int, length: int) -> Job:
        def work(workspace: Workspace) -> Sequence[Job]:
            output.target.copy_from(operand.source, operand.offset + first, output.entry.offset + first, length)
            output.progress(length)
            return ()

        return Job(work)

    return [piece(first, length) for first, length in spans(output.entry.type.nbytes, COPY_PIECE_BYTES)]


def agree_jobs(operands: tuple[Operand, ...], output: Output, block_elements: int) -> list[Job]:
    """Copy the first tensor's bytes after a comparison with all others."""

    def work(workspace: Workspace) -> Sequence[Job]:
        for first, length in spans(output.entry.type.nbytes, block_elements):
            buffers = [workspace.raw(slot, length) for slot in range(len(operands))]
            for operand, buffer in zip(operands, buffers, strict=True):
                operand.source.read_into(buffer, operand.offset + first)
            if any(buffer != buffers[0] for buffer in buffers[1:]):
                raise CheckFailed(
                    f"`{output.entry.name}` is not a float tensor and differs between the inputs",
                    help='whole numbers cannot be merged: leave it out with `output … { drop = "GLOB" }`',
                )
            output.target.write(buffers[0], output.entry.offset + first)
        output.progress(output.entry.type.nbytes)
        return ()

    return [Job(work)]


class BlendTask:
    """Measures an output tensor where its method asks for that, then blends it; both in blocks.

    The bits of the result depend on neither block size nor workers: inner products are taken over fixed runs of
    elements, and their sums are exact.
    """

    def __init__(
        self,
        operands: tuple[Operand, ...],
        output: Output,
        block_elements: int,
        of_deltas: bool,
        coefficients: Coefficients | None,
        measured: Measured | None,
    ) -> None:
        self._operands = operands
        self._output = output
        self._block = block_elements
        self._of_deltas = of_deltas
        self._coefficients = coefficients
        self._measured = measured
        self._double = needs_double((o.dtype for o in operands), output.entry.type.dtype)
        self._partials: dict[int, list[PartialGram]] = {}
        self._unmeasured = False
        self._left = 0
        self._lock = threading.Lock()
        self._tally = Tally(output.entry, max(1, len(spans(output.elements, PIECE_ELEMENTS))))

    def jobs(self) -> list[Job]:
        """The jobs that start the task."""
        if self._measured is None:
            return self._blend_jobs()
        if self._output.elements <= min(self._block, PIECE_ELEMENTS):
            return [Job(self._at_once)]
        pieces = spans(self._output.elements, PIECE_ELEMENTS)
        self._left = len(pieces)
        return [self._job(self._measure, first, length) for first, length in pieces]

    def _job(self, work: Callable[[Workspace, int, int], Sequence[Job]], first: int, length: int) -> Job:
        return Job(lambda workspace: work(workspace, first, length))

    def _blend_jobs(self) -> list[Job]:
        pieces = spans(self._output.elements, PIECE_ELEMENTS)
        return [self._job(self._blend, first, length) for first, length in pieces]

    def _load(self, workspace: Workspace, first: int, elements: int) -> None:
        workspace.compute_in(self._double)
        for slot, operand in enumerate(self._operands):
            operand.load(workspace, slot, first, elements)

    def _products(self, workspace: Workspace, elements: int) -> list[PartialGram]:
        return workspace.products(len(self._operands), elements, GRANULE_ELEMENTS, self._of_deltas)

    def _at_once(self, workspace: Workspace) -> Sequence[Job]:
        """A tensor of one block is read once."""
        elements = self._output.elements
        self._load(workspace, 0, elements)
        self._partials[0] = self._products(workspace, elements)
        self._settle()
        self._finish_block(workspace, 0, elements)
        self._tally.end_piece(self._unmeasured)
        return ()

    def _measure(self, workspace: Workspace, first: int, length: int) -> Sequence[Job]:
        partials: list[PartialGram] = []
        for offset, elements in spans(length, max(1, self._block // GRANULE_ELEMENTS) * GRANULE_ELEMENTS):
            self._load(workspace, first + offset, elements)
            partials.extend(self._products(workspace, elements))
        with self._lock:
            self._partials[first] = partials
            self._left -= 1
            if self._left:
                return ()
        self._settle()
        return self._blend_jobs()

    def _settle(self) -> None:
        """Compute the coefficients from all partial products, summed without rounding."""
        assert self._measured is not None
        partials = [p for first in sorted(self._partials) for p in self._partials[first]]
        count = len(self._operands) - self._of_deltas
        sums = tuple(tuple(exact_sum([p[i][j] for p in partials]) for j in range(count)) for i in range(count))
        if all(isfinite(product) for row in sums for product in row):
            self._coefficients = coefficients_of(self._measured, GramMatrix(sums), self._output)
        else:
            # An average is not finite where an input is not, so that blending will count those values.
            self._unmeasured = True
            self._coefficients = (1.0 / count,) * count

    def _blend(self, workspace: Workspace, first: int, length: int) -> Sequence[Job]:
        for offset, elements in spans(length, self._block):
            self._load(workspace, first + offset, elements)
            self._finish_block(workspace, first + offset, elements)
        self._tally.end_piece(self._unmeasured)
        return ()

    def _finish_block(self, workspace: Workspace, first: int, elements: int) -> None:
        assert self._coefficients is not None
        computed = workspace.blend(self._coefficients, elements, self._of_deltas, self._output.entry.type.dtype)
        self._output.write(computed.data, first)
        self._tally.add(computed.non_finite)


def row_jobs(operands: tuple[Operand, ...], output: Output, block_elements: int, measured: Measured) -> list[Job]:
    """Measure and blend row by row, in blocks of whole rows."""
    rows = output.entry.type.shape[0] if output.entry.type.shape else 1
    columns = output.elements // rows if rows else 0
    pieces = spans(rows, max(1, block_elements // max(1, columns)))
    double = needs_double((o.dtype for o in operands), output.entry.type.dtype)
    tally = Tally(output.entry, len(pieces))

    def piece(first: int, count: int) -> Job:
        def work(workspace: Workspace) -> Sequence[Job]:
            workspace.compute_in(double)
            for slot, operand in enumerate(operands):
                operand.load(workspace, slot, first * columns, count * columns)
            with contained(measured.method, output):
                computed = workspace.blend_rows(
                    measured.method, measured.arguments, len(operands), count, columns, output.entry.type.dtype
                )
            output.write(computed.data, first * columns)
            tally.add(computed.non_finite)
            tally.end_piece()
            return ()

        return Job(work)

    return [piece(first, count) for first, count in pieces]


def exact_sum(values: list[float]) -> float:
    """The sum, rounded once; not a number where infinities meet or the sum is too large."""
    try:
        return fsum(values)
    except (OverflowError, ValueError):
        return nan


def coefficients_of(measured: Measured, gram: GramMatrix, output: Output) -> Coefficients:
    """What the method makes of the measurements; anything it does wrong is contained and named."""
    pattern = measured.method.pattern
    assert isinstance(pattern, Blend)
    assert pattern.measured is not None
    with contained(measured.method, output):
        coefficients = tuple(float(c) for c in pattern.measured(gram, measured.arguments))
        if len(coefficients) != len(gram.products):
            raise ValueError(f"gave {len(coefficients)} coefficients for {len(gram.products)} inputs")
        if not all(isfinite(c) for c in coefficients):
            raise ValueError(f"gave the coefficients {coefficients}")
    return coefficients


@contextmanager
def contained(method: Method, output: Output) -> Iterator[None]:
    """Raise CheckFailed, naming method and tensor, for anything that a method raises."""
    try:
        yield
    except (Exception, SystemExit) as error:
        raise CheckFailed(f"`{method.name}` failed on `{output.entry.name}`: {error}") from error

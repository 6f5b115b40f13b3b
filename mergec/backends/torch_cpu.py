"""The CPU backend: torch kernels on one thread per workspace."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from itertools import combinations_with_replacement
from math import isfinite
from typing import TYPE_CHECKING

from mergec.contract.backend import Computed, PartialGram, Workspace
from mergec.contract.method import Arguments, Blend, Method
from mergec.core.dtype import DType

if TYPE_CHECKING:
    from torch import Tensor
    from torch import dtype as torch_dtype

WIDEST_BYTES = 8


class TorchCpu:
    """Makes workspaces on the CPU. Turns off torch's own threads: the workers are the parallelism."""

    def __init__(self) -> None:
        import torch

        torch.set_num_threads(1)

    def workspace(self, slots: int, elements: int, double: bool) -> Workspace:
        return TorchWorkspace(slots, elements, double)


class TorchWorkspace:
    """One block of each operand, as stored and in the computing type.

    Buffers are anonymous maps: page-aligned, and pages that no block reaches cost nothing.
    """

    def __init__(self, slots: int, elements: int, double: bool) -> None:
        import torch

        self._torch = torch
        size = max(1, elements) * WIDEST_BYTES
        self._raw = [mmap.mmap(-1, size) for _ in range(slots)]
        self._computing = [mmap.mmap(-1, size if double else size // 2) for _ in range(slots)]
        self._result = mmap.mmap(-1, size)
        self.compute_in(double)

    def _array(self, buffer: mmap.mmap, kind: torch_dtype) -> Tensor:
        return self._torch.frombuffer(buffer, dtype=kind)

    def _kind(self, dtype: DType) -> torch_dtype:
        kind: torch_dtype = getattr(self._torch, dtype.torch_name)
        return kind

    def compute_in(self, double: bool) -> None:
        kind = self._torch.float64 if double else self._torch.float32
        self._values = [self._array(buffer, kind) for buffer in self._computing]

    def raw(self, slot: int, nbytes: int) -> memoryview:
        return memoryview(self._raw[slot])[:nbytes]

    def load(self, slot: int, dtype: DType, elements: int) -> None:
        stored = self._array(self._raw[slot], self._kind(dtype))
        self._values[slot][:elements].copy_(stored[:elements])

    def products(self, slots: int, elements: int, granule: int, of_deltas: bool) -> list[PartialGram]:
        vectors = self._vectors(slots, elements, of_deltas)
        partials = []
        for first in range(0, elements, granule):
            runs = [v[first : first + granule] for v in vectors]
            found = {(i, j): self._dot(runs[i], runs[j]) for i, j in combinations_with_replacement(range(len(runs)), 2)}
            partials.append(
                tuple(tuple(found[min(i, j), max(i, j)] for j in range(len(runs))) for i in range(len(runs)))
            )
        return partials

    def _dot(self, one: Tensor, other: Tensor) -> float:
        """Squares of a bfloat16 can be too large for float32, never for float64."""
        product = float(self._torch.dot(one, other))
        return product if isfinite(product) else float(self._torch.dot(one.double(), other.double()))

    def _vectors(self, slots: int, elements: int, of_deltas: bool) -> list[Tensor]:
        values = [v[:elements] for v in self._values[:slots]]
        return [v - values[-1] for v in values[:-1]] if of_deltas else values

    def blend(self, coefficients: Sequence[float], elements: int, of_deltas: bool, dtype: DType) -> Computed:
        values = [v[:elements] for v in self._values[: len(coefficients) + of_deltas]]
        if of_deltas:
            total = values[-1]
            for value in values[:-1]:
                value.sub_(total)
            for value, coefficient in zip(values[:-1], coefficients, strict=True):
                total.add_(value, alpha=coefficient)
        else:
            total = values[0].mul_(coefficients[0])
            for value, coefficient in zip(values[1:], coefficients[1:], strict=True):
                total.add_(value, alpha=coefficient)
        return self._finish(total, elements, dtype)

    def blend_rows(
        self, method: Method, arguments: Arguments, slots: int, rows: int, columns: int, dtype: DType
    ) -> Computed:
        pattern = method.pattern
        assert isinstance(pattern, Blend)
        assert pattern.measured_rows is not None
        elements = rows * columns
        vectors = [v.view(rows, columns).double() for v in self._vectors(slots, elements, pattern.of_deltas)]
        coefficients = pattern.measured_rows(self._row_grams(vectors), arguments)
        if coefficients.shape != (rows, len(vectors)):
            raise ValueError(f"gave coefficients {list(coefficients.shape)} for {rows} rows of {len(vectors)} inputs")
        base = self._values[slots - 1][:elements].view(rows, columns)
        total = base.double() if pattern.of_deltas else self._torch.zeros(rows, columns, dtype=self._torch.float64)
        for i, vector in enumerate(vectors):
            total += coefficients[:, i, None] * vector
        return self._finish(total.view(-1), elements, dtype)

    def _row_grams(self, vectors: list[Tensor]) -> Tensor:
        """One Gram matrix per row. Sums of products give a row the same bits whatever rows stand beside it."""
        grams = self._torch.empty(len(vectors[0]), len(vectors), len(vectors), dtype=self._torch.float64)
        for i, j in combinations_with_replacement(range(len(vectors)), 2):
            grams[:, i, j] = grams[:, j, i] = (vectors[i] * vectors[j]).sum(1)
        return grams

    def _finish(self, total: Tensor, elements: int, dtype: DType) -> Computed:
        kind = self._kind(dtype)
        result = self._array(self._result, kind)[:elements]
        result.copy_(total)
        data = memoryview(self._result)[: elements * dtype.bits // 8]
        return Computed(data, self._non_finite(total, result))

    def _non_finite(self, total: Tensor, result: Tensor) -> int:
        """How many values overflow or are not numbers; the extremes tell whether there are any."""
        if total.numel() == 0:
            return 0
        low, high = self._torch.aminmax(total)
        largest = self._torch.finfo(result.dtype).max
        if float(low) >= -largest and float(high) <= largest:
            return 0
        return int((~self._torch.isfinite(result)).sum())

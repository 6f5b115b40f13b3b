"""The CPU backend: torch kernels on one thread per workspace."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from itertools import combinations_with_replacement
from math import isfinite
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mergec.contract.backend import Computed, PartialGram, Workspace
from mergec.contract.method import Arguments, Blend, Block
from mergec.core.dtype import DType

if TYPE_CHECKING:
    from torch import Tensor
    from torch import dtype as torch_dtype

Buffer = TypeVar("Buffer")

WIDEST_BYTES = 8

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""`M_TRIM_THRESHOLD` and `M_MMAP_THRESHOLD` of glibc's malloc.h."""

_KEPT_BYTES = 32 << 20

READ_BUFFERS = 2
"""Buffers behind slot 0, by turns: to read into memory that was widened from just before is slower, and a device may
still be taking what is there."""

MOST_VIEWS = 256

NEARLY_ONE = 1 - 2**-20
"""Keeps a square that was rounded down from passing for a smaller one."""


class TorchCpu:
    """Makes workspaces on the CPU. Turns off torch's own threads: the workers are the parallelism."""

    def __init__(self) -> None:
        _keep_freed_memory()

    def workspace(self, slots: int, elements: int, double: bool) -> Workspace:
        return TorchWorkspace(slots, elements, double)

    def wait(self) -> None:
        """Nothing is under way once a call returns."""


def _keep_freed_memory() -> None:
    """Have the C library keep what methods free and ask for again, block after block.

    By default it gives pieces of this size back to the system at once, and each of their pages is cleared anew.
    """
    with suppress(AttributeError, OSError):
        adjust = ctypes.CDLL(None).mallopt
        adjust(_MMAP_THRESHOLD, _KEPT_BYTES)
        adjust(_TRIM_THRESHOLD, 4 * _KEPT_BYTES)


class Turns(Generic[Buffer]):
    """Which buffer stands for a slot: there are several for slot 0, by turns, and one for each other."""

    def __init__(self, make: Callable[[], Buffer]) -> None:
        self._make = make
        self._turn = 0
        self.buffers = [make() for _ in range(READ_BUFFERS)]

    def next(self, slot: int) -> int:
        """The place of the buffer that a slot gets now."""
        if slot == 0:
            self._turn = (self._turn + 1) % READ_BUFFERS
        return self.place(slot)

    def place(self, slot: int) -> int:
        """The place of the buffer that a slot got last."""
        while slot + READ_BUFFERS > len(self.buffers):
            self.buffers.append(self._make())
        return slot + READ_BUFFERS - 1 if slot else self._turn


class TorchWorkspace:
    """Blocks as stored and in the computing type.

    Buffers are anonymous maps: page-aligned, and pages that no block reaches cost nothing.
    """

    def __init__(self, slots: int, elements: int, double: bool) -> None:
        import torch

        torch.set_num_threads(1)  # MKL has a number of its own for each thread, and sums in another order with another
        self._torch = torch
        self._size = max(1, elements) * WIDEST_BYTES
        self._raw = Turns(lambda: mmap.mmap(-1, self._size))
        self._views: dict[tuple[Any, ...], Any] = {}
        self._computing = [mmap.mmap(-1, self._size if double else self._size // 2) for _ in range(slots)]
        self._result = mmap.mmap(-1, self._size)
        self._double: bool | None = None
        self.compute_in(double)

    def _array(self, buffer: mmap.mmap, kind: torch_dtype) -> Tensor:
        return self._torch.frombuffer(buffer, dtype=kind)

    def _kind(self, dtype: DType) -> torch_dtype:
        kind: torch_dtype = getattr(self._torch, dtype.torch_name)
        return kind

    def compute_in(self, double: bool) -> None:
        if self._double == double:
            return
        self._double = double
        self._number = self._torch.float64 if double else self._torch.float32
        self._values = [self._array(buffer, self._number) for buffer in self._computing]

    def raw(self, slot: int, nbytes: int) -> memoryview:
        return memoryview(self._raw.buffers[self._raw.next(slot)])[:nbytes]

    def load(self, raw: int, slot: int, dtype: DType, elements: int) -> Tensor:
        value = self._value(slot, elements)
        value.copy_(self._as_stored(self._raw.place(raw), dtype, elements))
        return value

    def _value(self, slot: int, elements: int) -> Tensor:
        """The first elements of a slot."""
        value: Tensor = self._view((slot, elements, self._double), lambda: self._values[slot][:elements])
        return value

    def _as_stored(self, place: int, dtype: DType, elements: int) -> Tensor:
        """A raw buffer as numbers of a stored type."""
        stored: Tensor = self._view(
            (place, elements, dtype), lambda: self._array(self._raw.buffers[place], self._kind(dtype))[:elements]
        )
        return stored

    def _view(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """A view of a buffer: most blocks are of one size, for which it is made once."""
        view = self._views.get(key)
        if view is None:
            if len(self._views) >= MOST_VIEWS:
                self._views.clear()
            view = self._views[key] = make()
        return view

    def products(self, values: Sequence[Tensor], granule: int, of_deltas: bool) -> list[PartialGram]:
        vectors = [v - values[-1] for v in values[:-1]] if of_deltas else values
        pairs = pairs_of(len(vectors))
        runs = zip(*(self._torch.split(v, granule) for v in vectors), strict=True)
        return [symmetric([self._dot(run[i], run[j]) for i, j in pairs], len(vectors)) for run in runs]

    def _dot(self, one: Tensor, other: Tensor) -> float:
        """Squares of a bfloat16 can be too large for float32, never for float64."""
        product = float(self._torch.dot(one, other))
        return product if isfinite(product) else float(self._torch.dot(one.double(), other.double()))

    def sum(self, values: Sequence[Tensor], coefficients: Sequence[float], slot: int) -> Tensor:
        total = self._value(slot, values[0].numel())
        self._torch.mul(values[0], coefficients[0], out=total)
        for value, coefficient in zip(values[1:], coefficients[1:], strict=True):
            if abs(coefficient) > self._largest(self._number):
                total.add_(value * coefficient)  # not finite then; torch refuses such an alpha
            else:
                total.add_(value, alpha=coefficient)
        return total

    def sum_rows(self, pattern: Blend, arguments: Arguments, values: Sequence[Tensor], columns: int) -> Tensor:
        assert pattern.measured_rows is not None
        wide = [v.view(-1, columns).double() for v in values]
        vectors = [v - wide[-1] for v in wide[:-1]] if pattern.of_deltas else wide
        coefficients = pattern.measured_rows(self._row_grams(vectors), arguments)
        rows = len(wide[0])
        if coefficients.shape != (rows, len(vectors)):
            raise ValueError(f"gave coefficients {list(coefficients.shape)} for {rows} rows of {len(vectors)} inputs")
        total = wide[-1].clone() if pattern.of_deltas else self._torch.zeros_like(wide[0])
        for i, vector in enumerate(vectors):
            total += coefficients[:, i, None] * vector
        return total.view(-1).to(self._number)

    def _row_grams(self, vectors: Sequence[Tensor]) -> Tensor:
        """One Gram matrix per row. Sums of products give a row the same bits whatever rows stand beside it."""
        grams = vectors[0].new_empty(len(vectors[0]), len(vectors), len(vectors))
        for i, j in pairs_of(len(vectors)):
            grams[:, i, j] = grams[:, j, i] = (vectors[i] * vectors[j]).sum(1)
        return grams

    def call(self, function: Callable[[Block], Any], block: Block) -> Any:
        given = [*block.inputs, *(() if block.base is None else (block.base,))]
        versions = [tensor._version for tensor in given]
        result = function(block)
        if [tensor._version for tensor in given] != versions:
            raise ValueError("it changed one of its inputs")
        return self._own(result, given) if isinstance(result, self._torch.Tensor) else result

    def _own(self, result: Tensor, given: Sequence[Tensor]) -> Tensor:
        """The result in memory of its own: buffers of inputs are used again. Out of inference mode, as others need."""
        memory = result.untyped_storage().data_ptr()
        shared = any(memory == tensor.untyped_storage().data_ptr() for tensor in given)
        return result.clone() if shared or result.is_inference() else result

    def checked(self, result: Any, block: Block) -> Tensor:
        wanted = tuple(block.inputs[0].shape)
        if not isinstance(result, self._torch.Tensor):
            raise ValueError(f"it gave {type(result).__name__}, not a tensor")
        if tuple(result.shape) != wanted:
            raise ValueError(f"it gave a tensor of shape {list(result.shape)} for inputs of {list(wanted)}")
        if not result.dtype.is_floating_point:
            raise ValueError(f"it gave {result.dtype}, not floating point numbers")
        return result.detach().to(self._number).reshape(-1)

    def shaped(self, value: Tensor, shape: tuple[int, ...]) -> Tensor:
        return value.view(shape)

    def non_finite(self, values: Sequence[Tensor]) -> int:
        return sum(int((~v.isfinite()).sum()) for v in values if not isfinite(float(v.sum())))

    def whole(self, elements: int) -> Tensor:
        return self._torch.empty(elements, dtype=self._number)

    def fill(self, whole: Tensor, first: int, value: Tensor) -> None:
        whole[first : first + len(value)] = value

    def part(self, whole: Tensor, first: int, elements: int) -> Tensor:
        return whole[first : first + elements]

    def finish(self, value: Tensor, dtype: DType, bound: float) -> Computed:
        result, data = self._view((value.numel(), dtype), lambda: self._result_of(value.numel(), dtype))
        result.copy_(value)
        return Computed(data, self._non_finite(value, result, bound))

    def _result_of(self, elements: int, dtype: DType) -> tuple[Tensor, memoryview]:
        data = memoryview(self._result)[: elements * dtype.bits // 8]
        return self._array(self._result, self._kind(dtype))[:elements], data

    def _non_finite(self, total: Tensor, result: Tensor, bound: float) -> int:
        """How many values overflow or are not numbers; no square is larger than the sum of all."""
        largest = self._largest(result.dtype)
        if bound < largest:
            return 0
        if float(self._torch.dot(total, total)) < largest * largest * NEARLY_ONE:
            return 0
        return int((~self._torch.isfinite(result)).sum())

    def _largest(self, kind: torch_dtype) -> float:
        largest: float = self._view((kind,), lambda: self._torch.finfo(kind).max)
        return largest


@cache
def pairs_of(count: int) -> tuple[tuple[int, int], ...]:
    """The products that a symmetric matrix has: row and column, by rows."""
    return tuple(combinations_with_replacement(range(count), 2))


def symmetric(products: Sequence[float], count: int) -> PartialGram:
    """The matrix of the products of `pairs_of(count)`."""
    found = dict(zip(pairs_of(count), products, strict=True))
    return tuple(tuple(found[min(i, j), max(i, j)] for j in range(count)) for i in range(count))

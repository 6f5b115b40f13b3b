"""What computes: a backend makes one workspace per worker, and a workspace holds blocks of tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mergec.contract.method import Arguments, Blend, Block
from mergec.core.dtype import DType

PartialGram = tuple[tuple[float, ...], ...]
"""Inner products over one run of elements; sums of these, taken exactly, make the Gram matrix of a tensor."""

Array = Any
"""A tensor of the backend's library, in the computing type."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A finished block: its bytes, valid until the workspace is used again, and how many values are not finite."""

    data: memoryview
    non_finite: int


class Workspace(Protocol):
    """Buffers for blocks. One thread uses it at a time; slots are counted from 0.

    An array in a slot is valid until the slot is used again. All arrays have one axis unless told otherwise.
    """

    def compute_in(self, double: bool) -> None:
        """Compute from now on in float64, or in float32."""

    def raw(self, slot: int, nbytes: int) -> memoryview:
        """A buffer to be filled with stored bytes."""

    def load(self, raw: int, slot: int, dtype: DType, elements: int) -> Array:
        """The stored bytes of a raw buffer as numbers, in a slot."""

    def products(self, values: Sequence[Array], granule: int, of_deltas: bool) -> list[PartialGram]:
        """Inner products, one matrix per run of `granule` elements.

        With `of_deltas` the last value is the base, and the products are those of the others' deltas from it.
        """

    def sum(self, values: Sequence[Array], coefficients: Sequence[float], slot: int) -> Array:
        """The weighted sum, in a slot, which may be that of the first value."""

    def sum_rows(self, pattern: Blend, arguments: Arguments, values: Sequence[Array], columns: int) -> Array:
        """Measure and sum row by row, in float64; the values hold whole rows.

        Raises ValueError if the method gives coefficients of another shape than [rows, inputs].
        """

    def call(self, function: Callable[[Block], Any], block: Block) -> Any:
        """What a method makes of a block; a tensor has memory of its own. Raises ValueError if an input is changed."""

    def checked(self, result: Any, block: Block) -> Array:
        """A method's result as numbers of one axis. Raises ValueError if it is no tensor of the inputs' shape."""

    def shaped(self, value: Array, shape: tuple[int, ...]) -> Array:
        """The same numbers in another shape."""

    def non_finite(self, values: Sequence[Array]) -> int:
        """How many numbers are infinite or none."""

    def whole(self, elements: int) -> Array:
        """Room for a whole tensor."""

    def fill(self, whole: Array, first: int, value: Array) -> None:
        """Put a block into a whole tensor."""

    def part(self, whole: Array, first: int, elements: int) -> Array:
        """A block of a whole tensor."""

    def finish(self, value: Array, dtype: DType, bound: float) -> Computed:
        """The numbers rounded once to `dtype`. bound: no number is larger; infinity where that is not known."""


class Backend(Protocol):
    """Makes workspaces. Never sees a recipe, a graph or a file."""

    def workspace(self, slots: int, elements: int, double: bool) -> Workspace:
        """Buffers for `slots` operands of `elements` each; `double` if some are to be computed in float64."""

    def wait(self) -> None:
        """Return once all that this thread has asked for is computed, so that other threads can use it."""

"""What computes: a backend makes one workspace per worker, and a workspace holds one block of each operand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mergec.contract.method import Arguments, Method
from mergec.core.dtype import DType

PartialGram = tuple[tuple[float, ...], ...]
"""Inner products over one run of elements; sums of these, taken exactly, make the Gram matrix of a tensor."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A finished block: its bytes, valid until the workspace is used again, and how many values are not finite."""

    data: memoryview
    non_finite: int


class Workspace(Protocol):
    """Buffers for one block of each operand. One thread uses it at a time; slots count the operands from 0."""

    def compute_in(self, double: bool) -> None:
        """Compute what is loaded from now on in float64, or in float32."""

    def raw(self, slot: int, nbytes: int) -> memoryview:
        """A buffer to be filled with an operand's stored bytes."""

    def load(self, slot: int, dtype: DType, elements: int) -> None:
        """Convert the stored bytes of a slot to the computing type."""

    def products(self, slots: int, elements: int, granule: int, of_deltas: bool) -> list[PartialGram]:
        """Inner products of the loaded slots, one matrix per run of `granule` elements.

        With `of_deltas` the last slot is the base, and the products are those of the others' deltas from it.
        """

    def blend(self, coefficients: Sequence[float], elements: int, of_deltas: bool, dtype: DType) -> Computed:
        """The weighted sum of the loaded slots, rounded once to `dtype`. The slots must be loaded anew afterwards."""

    def blend_rows(
        self, method: Method, arguments: Arguments, slots: int, rows: int, columns: int, dtype: DType
    ) -> Computed:
        """Measure and blend row by row: the slots hold `rows` whole rows of `columns` elements.

        Raises ValueError if the method gives coefficients of another shape than [rows, inputs].
        """


class Backend(Protocol):
    """Makes workspaces. Never sees a recipe, a graph or a file."""

    def workspace(self, slots: int, elements: int, double: bool) -> Workspace:
        """Buffers for `slots` operands of `elements` each; `double` if some are to be computed in float64."""

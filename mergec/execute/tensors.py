"""An output tensor and the input tensors it is made of, as files and offsets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mergec.contract.backend import Array, Workspace
from mergec.contract.method import Method
from mergec.core.dtype import DType
from mergec.core.tensor import TensorEntry
from mergec.diagnostics import CheckFailed, MachineFault
from mergec.execute.files import Source, Target


@dataclass(frozen=True, slots=True)
class Operand:
    """An input tensor: its file, where it starts there, its element type."""

    source: Source
    offset: int
    dtype: DType

    def load(self, workspace: Workspace, slot: int, first: int, elements: int) -> Array:
        """Bring `elements` from index `first` on into a slot, in the computing type."""
        size = self.dtype.bits // 8
        self.source.read_into(workspace.raw(0, elements * size), self.offset + first * size)
        return workspace.load(0, slot, self.dtype, elements)

    def read_ahead(self, first: int, elements: int) -> None:
        """Tell the system that these elements are wanted soon."""
        size = self.dtype.bits // 8
        self.source.read_ahead(self.offset + first * size, elements * size)


@dataclass(frozen=True, slots=True)
class Output:
    """An output tensor and how its progress is told."""

    target: Target
    entry: TensorEntry
    progress: Callable[[int], None]

    def write(self, data: memoryview, first: int) -> None:
        """Write a block whose first element has index `first`."""
        size = self.entry.type.dtype.bits // 8
        self.target.write(data, self.entry.offset + first * size)
        self.progress(len(data))


class Tally:
    """Values of an output tensor that are not finite, over all of its pieces."""

    def __init__(self, entry: TensorEntry, maker: str) -> None:
        self._entry = entry
        self._maker = maker
        self._non_finite = 0
        self._damaged = 0
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The tensor's."""
        return self._entry.name

    def add(self, non_finite: int) -> None:
        """Count the values of one block."""
        if non_finite:
            with self._lock:
                self._non_finite += non_finite

    def add_damaged(self, non_finite: int) -> None:
        """Count the values of a method's inputs, which it may hide."""
        if non_finite:
            with self._lock:
                self._damaged += non_finite

    def finish(self, unmeasured: bool) -> None:
        """Raise CheckFailed if the tensor cannot be right."""
        if self._non_finite:
            raise CheckFailed(
                f"`{self._entry.name}` came out with {self._non_finite} value(s) that are not finite numbers",
                help=f"an input holds NaN or infinity, {self._entry.type.dtype.torch_name} is too narrow for the "
                f"result, or {self._maker} makes such numbers",
            )
        if self._damaged:
            raise CheckFailed(
                f"the inputs of `{self._entry.name}` hold {self._damaged} value(s) that are not finite numbers",
                help="no merge of them means anything: look for a damaged input, or leave the tensor out",
            )
        if unmeasured:
            raise CheckFailed(
                f"`{self._entry.name}` holds numbers too large to measure",
                help="the inner products of its inputs are beyond float64: look for a damaged input",
            )


Providers = Callable[[str], str]
"""Who provides a method, by its name: a distribution and its version."""


@contextmanager
def contained(method: Method, tensor: str, providers: Providers) -> Iterator[None]:
    """Raise CheckFailed, naming method, provider and tensor, for anything that a method raises.

    Raises MachineFault where memory ran out, which is nobody's mistake.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        if _lacks_memory(error):
            raise MachineFault(
                f"the machine has no memory left for `{method.name}` on `{tensor}`",
                help="allow the build less at a time, with --memory or --threads",
            ) from error
        said = str(error) or type(error).__name__
        if isinstance(error, SystemExit):
            said = f"it asked the program to exit ({error.code})"
        raise CheckFailed(
            f"`{method.name}` failed on `{tensor}`: {said}",
            help=f"the method is provided by {providers(method.name)}; nothing was written",
        ) from error


@contextmanager
def enough_memory() -> Iterator[None]:
    """Raise MachineFault, and not what torch and Python raise, where memory is lacking outside of any method."""
    try:
        yield
    except RuntimeError as error:
        if not _lacks_memory(error) and "can't start new thread" not in str(error):
            raise
        raise MachineFault(
            "the machine has no memory left for the build",
            help="allow the build less at a time, with --memory or --threads",
        ) from error


def _lacks_memory(error: BaseException) -> bool:
    """torch has no exception of its own for the CPU's memory, and one for a GPU's that is no MemoryError."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)

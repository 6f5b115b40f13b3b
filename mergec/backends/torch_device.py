"""The GPU backend: the same blocks, larger, through pinned memory and a stream for each worker."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mergec.backends.torch_cpu import WIDEST_BYTES, TorchWorkspace, Turns, pairs_of, symmetric
from mergec.contract.backend import Computed, PartialGram, Workspace
from mergec.core.dtype import DType

if TYPE_CHECKING:
    from torch import Tensor

BLOCK_ELEMENTS = 1 << 23
"""Elements of a block: enough work for each launch of a kernel, little beside the memory of any GPU."""


def load_torch() -> None:
    """Import torch, which takes a second: on one thread, before others wait for it."""
    import torch  # noqa: F401


def has_cuda() -> bool:
    """Whether torch can use a GPU here."""
    import torch

    return torch.cuda.is_available()


class TorchDevice:
    """Makes workspaces on a device. `cpu` runs the same code without streams, so that it can be tested anywhere."""

    def __init__(self, device: str) -> None:
        self._device = device

    def workspace(self, slots: int, elements: int, double: bool) -> Workspace:
        return DeviceWorkspace(slots, elements, double, self._device)

    def wait(self) -> None:
        import torch

        if torch.device(self._device).type == "cuda":
            torch.cuda.current_stream().synchronize()


class DeviceWorkspace(TorchWorkspace):
    """Blocks on a device.

    Stored bytes go to the device as they are and are widened there; results come back rounded. All that a worker does
    follows in order on its own stream, beside those of the others. A host buffer is filled again only after the device
    has taken what was in it.
    """

    def __init__(self, slots: int, elements: int, double: bool, device: str) -> None:
        import torch

        self._torch = torch
        self._device = torch.device(device)
        self._cuda = self._device.type == "cuda"
        if self._cuda:
            stream: Any = torch.cuda.Stream
            torch.cuda.set_stream(stream(self._device))  # of this thread alone
        self._bytes = max(1, elements) * WIDEST_BYTES
        self._host = Turns(self._host_buffer)
        self._taken: dict[int, Any] = {}
        self._returned = self._host_buffer()
        self._views = {}
        self._stored = self._on_device(self._bytes)
        size = self._bytes if double else self._bytes // 2
        self._buffers = [self._on_device(size) for _ in range(slots)]
        self._double: bool | None = None
        self.compute_in(double)

    def _host_buffer(self) -> Tensor:
        buffer: Tensor = self._torch.empty(self._bytes, dtype=self._torch.uint8, pin_memory=self._cuda)
        return buffer

    def _on_device(self, size: int) -> Tensor:
        buffer: Tensor = self._torch.empty(size, dtype=self._torch.uint8, device=self._device)
        return buffer

    def compute_in(self, double: bool) -> None:
        if self._double == double:
            return
        self._double = double
        self._number = self._torch.float64 if double else self._torch.float32
        self._values = [buffer.view(self._number) for buffer in self._buffers]

    def raw(self, slot: int, nbytes: int) -> memoryview:
        place = self._host.next(slot)
        if place in self._taken:
            self._taken[place].synchronize()
        return _bytes_of(self._host.buffers[place], nbytes)

    def load(self, raw: int, slot: int, dtype: DType, elements: int) -> Tensor:
        size = elements * dtype.bits // 8
        place = self._host.place(raw)
        self._stored[:size].copy_(self._host.buffers[place][:size], non_blocking=self._cuda)
        if self._cuda:
            self._taken[place] = self._torch.cuda.current_stream().record_event()
        value = self._value(slot, elements)
        value.copy_(self._stored[:size].view(self._kind(dtype)))
        return value

    def products(self, values: Sequence[Tensor], granule: int, of_deltas: bool) -> list[PartialGram]:
        """Sums of all granules at once, in float64, and one transfer for all of them."""
        vectors = [v - values[-1] for v in values[:-1]] if of_deltas else list(values)
        count, elements = len(vectors), len(values[0])
        whole = elements // granule * granule
        sums = []
        for i, j in pairs_of(count):
            product = vectors[i].double() * vectors[j].double()
            parts = [product[:whole].view(-1, granule).sum(1), product[whole:].sum().view(1)]
            sums.append(self._torch.cat(parts if whole < elements else parts[:1]))
        table = self._torch.stack(sums, 1).tolist()
        return [symmetric(row, count) for row in table]

    def finish(self, value: Tensor, dtype: DType, bound: float) -> Computed:
        result = value.to(self._kind(dtype))
        size = len(value) * dtype.bits // 8
        self._returned[:size].copy_(result.view(self._torch.uint8), non_blocking=self._cuda)
        non_finite = self._non_finite(value, result, bound)
        if self._cuda:
            self._torch.cuda.current_stream().synchronize()
        return Computed(_bytes_of(self._returned, size), non_finite)

    def whole(self, elements: int) -> Tensor:
        whole: Tensor = self._torch.empty(elements, dtype=self._number, device=self._device)
        return whole


def _bytes_of(tensor: Tensor, size: int) -> memoryview:
    """The first bytes of a tensor in this machine's memory."""
    return memoryview((ctypes.c_ubyte * size).from_address(tensor.data_ptr())).cast("B")

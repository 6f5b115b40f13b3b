"""Array libraries behind the backend contract."""

from mergec.backends.loading import load_torch, load_torch_ahead
from mergec.backends.torch_cpu import TorchCpu
from mergec.backends.torch_device import BLOCK_ELEMENTS, TorchDevice, has_cuda

__all__ = ["BLOCK_ELEMENTS", "TorchCpu", "TorchDevice", "has_cuda", "load_torch", "load_torch_ahead"]

"""Array libraries behind the backend contract."""

from mergec.backends.torch_cpu import TorchCpu
from mergec.backends.torch_device import BLOCK_ELEMENTS, TorchDevice, has_cuda, load_torch

__all__ = ["BLOCK_ELEMENTS", "TorchCpu", "TorchDevice", "has_cuda", "load_torch"]

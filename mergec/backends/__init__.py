"""Array libraries behind the backend contract."""

from mergec.backends.torch_cpu import TorchCpu

__all__ = ["TorchCpu"]

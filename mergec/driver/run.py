"""From a plan to a checkpoint."""

from __future__ import annotations

from mergec import __version__
from mergec.backends import TorchCpu
from mergec.contract.backend import Backend
from mergec.diagnostics import MachineFault
from mergec.driver.compile import Compiled
from mergec.execute import Destination, Listener, Provenance, preflight, run


def run_plan(compiled: Compiled, output: str, force: bool, sync: bool, listener: Listener) -> None:
    """Execute a compiled recipe. Raises MachineFault, OutputConflict or CheckFailed; then nothing is at `output`."""
    destination = _destination(compiled, output, force, sync)
    preflight(compiled.plan, destination)
    run(compiled.plan, destination, _backend(compiled.device), listener)


def check_run(compiled: Compiled, output: str, force: bool) -> None:
    """Check all that can be checked before a build. Raises MachineFault or OutputConflict."""
    _backend(compiled.device)
    preflight(compiled.plan, _destination(compiled, output, force, sync=False))


def _backend(device: str) -> Backend:
    """What computes on a device. Raises MachineFault if there is none."""
    if device == "cuda":
        raise MachineFault("this version of mergec computes on the CPU only", "leave `--device cuda` out")
    return TorchCpu()


def _destination(compiled: Compiled, output: str, force: bool, sync: bool) -> Destination:
    return Destination(output, force, sync, Provenance(__version__, compiled.providers))

"""From a plan to a checkpoint."""

from __future__ import annotations

from mergec import __version__
from mergec.backends import TorchCpu
from mergec.driver.compile import Compiled
from mergec.execute import Destination, Listener, Provenance, preflight, run


def run_plan(compiled: Compiled, output: str, force: bool, sync: bool, listener: Listener) -> None:
    """Execute a compiled recipe. Raises MachineFault, OutputConflict or CheckFailed; then nothing is at `output`."""
    destination = _destination(compiled, output, force, sync)
    preflight(compiled.plan, destination)
    run(compiled.plan, destination, TorchCpu(), listener)


def check_run(compiled: Compiled, output: str, force: bool) -> None:
    """Check all that can be checked before a build. Raises MachineFault or OutputConflict."""
    preflight(compiled.plan, _destination(compiled, output, force, sync=False))


def _destination(compiled: Compiled, output: str, force: bool, sync: bool) -> Destination:
    return Destination(output, force, sync, Provenance(__version__, compiled.providers))

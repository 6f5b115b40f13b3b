"""From a plan to a checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mergec import __version__
from mergec.backends import BLOCK_ELEMENTS, TorchCpu, TorchDevice, has_cuda, load_torch
from mergec.contract.backend import Backend
from mergec.driver.compile import Compiled
from mergec.driver.garbage import collected, uncollected
from mergec.execute import Destination, Listener, Provenance, preflight, run
from mergec.plan import Copy, Graph, Plan, Read


def run_plan(
    compiled: Compiled,
    output: str,
    force: bool,
    sync: bool,
    listener: Listener,
    notice: Callable[[str], None],
    processes: bool,
) -> None:
    """Execute a compiled recipe. Raises MachineFault, OutputConflict or CheckFailed; then nothing is at `output`."""
    destination = _destination(compiled, output, force, sync)
    preflight(compiled.plan, destination)
    with uncollected():
        if computes(compiled.plan.graph):
            load_torch()
        backend, plan = _on_device(compiled, notice)
    with collected():
        run(plan, destination, backend, listener, processes and isinstance(backend, TorchCpu))


def computes(graph: Graph) -> bool:
    """Whether a build does anything but copy bytes."""
    return any(not isinstance(node.op, Read | Copy) for node in graph.nodes)


def check_run(compiled: Compiled, output: str, force: bool) -> None:
    """Check all that can be checked before a build. Raises MachineFault or OutputConflict."""
    preflight(compiled.plan, _destination(compiled, output, force, sync=False))


def _on_device(compiled: Compiled, notice: Callable[[str], None]) -> tuple[Backend, Plan]:
    """What computes, and the plan with blocks of a size for it; the CPU where no GPU can be used, with a notice."""
    if compiled.device == "cpu" or not has_cuda():
        if compiled.device == "cuda":
            notice("torch finds no GPU here: computing on the CPU")
        return TorchCpu(), compiled.plan
    cut = compiled.plan.cut
    elements = max(BLOCK_ELEMENTS, cut.buffer_elements)
    larger = replace(cut, block_elements=BLOCK_ELEMENTS, buffer_elements=elements)
    return TorchDevice("cuda"), replace(compiled.plan, cut=larger)


def _destination(compiled: Compiled, output: str, force: bool, sync: bool) -> Destination:
    return Destination(output, force, sync, Provenance(__version__, compiled.providers))

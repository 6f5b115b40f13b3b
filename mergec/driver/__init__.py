"""Joins the stages: the one place that sees them all."""

from __future__ import annotations

from collections.abc import Callable

from mergec.driver.catalog import open_reference
from mergec.driver.compile import Compiled, Request, compile_recipe, default_workers

__all__ = ["Compiled", "Request", "build", "compile_recipe", "default_workers", "dry_run", "open_reference"]


def build(
    compiled: Compiled,
    output: str,
    *,
    force: bool,
    sync: bool,
    progress: Callable[[int], None],
    finished_tensor: Callable[[], None] | None = None,
    notice: Callable[[str], None] | None = None,
    processes: bool = False,
) -> None:
    """Execute a compiled recipe; `progress` is told of bytes written, `finished_tensor` of each tensor, on any thread.

    processes: workers may be processes, forked from this one, no thread of which may be at work; else they are threads.
    notice: told what is not done as asked for, but done: a GPU was wanted and there is none.
    Raises MachineFault, OutputConflict or CheckFailed; then nothing is at `output`.
    """
    from mergec.driver.run import run_plan
    from mergec.execute import Listener

    listener = Listener(progress) if finished_tensor is None else Listener(progress, finished_tensor)
    run_plan(compiled, output, force, sync, listener, notice or (lambda text: None), processes)


def dry_run(compiled: Compiled, output: str, force: bool) -> None:
    """Check all that can be checked before a build. Raises MachineFault or OutputConflict."""
    from mergec.driver.run import check_run

    check_run(compiled, output, force)

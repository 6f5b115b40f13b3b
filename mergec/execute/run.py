"""From a plan to a checkpoint directory."""

from __future__ import annotations

import os
from dataclasses import dataclass

from mergec.contract.backend import Backend
from mergec.execute.build import write_weights
from mergec.execute.documents import INDEX_FILE, Provenance, write_documents
from mergec.execute.limits import allow_open_files
from mergec.execute.meter import Listener
from mergec.execute.staging import check_disk, check_output, open_staging, publish
from mergec.execute.tensors import enough_memory
from mergec.plan import Plan, Read
from mergec.sidecar import side_files

MARGIN_BYTES = 64 << 20
"""Room for everything but the weights."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a plan is built. force: replace what is there. sync: have all on the disk before the final rename."""

    output: str
    force: bool
    sync: bool
    provenance: Provenance


def run(plan: Plan, destination: Destination, backend: Backend, listener: Listener, processes: bool = False) -> None:
    """Build the plan. The output directory is complete when this returns, and untouched if it raises.

    processes: workers may be processes, which are forked from this one; else they are threads.
    """
    fetch_inputs(plan)
    with open_staging(destination.output) as staging:
        providers = {name: f"{package} {version}" for name, package, version in destination.provenance.providers}
        with enough_memory():
            write_weights(plan, staging.directory, backend, listener, destination.sync, providers, processes=processes)
        title = os.path.basename(os.path.abspath(destination.output))
        write_documents(plan, staging.directory, title, destination.provenance, destination.sync)
        publish(staging, destination.force, destination.sync)


def fetch_inputs(plan: Plan) -> None:
    """Bring the files that a build reads to this machine, so that the next one finds models of the Hub in the cache.

    Raises MachineFault.
    """
    reads = _files_read(plan)
    for model, opened in enumerate(plan.catalog.models):
        folder = opened.checkpoint.folder
        donated = side_files(folder) if model == plan.recipe.output.donor else ()
        wanted = [f.name for f in opened.checkpoint.files if (model, f.name) in reads]
        for name in ("config.json", INDEX_FILE, *donated, *wanted):
            if name in folder.names():
                folder.fetch(name)


def _files_read(plan: Plan) -> set[tuple[int, str]]:
    """The weight files that a build reads: model and name."""
    return {(n.op.model, n.op.entry.file) for n in plan.graph.nodes if isinstance(n.op, Read)}


def preflight(plan: Plan, destination: Destination) -> None:
    """Everything that can be refused before work begins: the output's place, the disk, the number of files."""
    check_output(destination.output, destination.force, local_inputs(plan))
    check_disk(destination.output, plan.files_bytes + MARGIN_BYTES)
    allow_open_files(len(_files_read(plan)) + len(plan.shards))


def local_inputs(plan: Plan) -> tuple[str, ...]:
    """Directories that hold inputs and must not be written to."""
    found = []
    for opened in plan.catalog.models:
        folder = opened.checkpoint.folder
        if folder.revision is None and opened.checkpoint.files:
            found.append(os.path.dirname(folder.fetch(opened.checkpoint.files[0].name)))
    return tuple(dict.fromkeys(found))

"""What a build amounts to, in a few lines."""

from __future__ import annotations

from collections.abc import Iterable

from mergec.core.units import bytes_text, count_text
from mergec.plan.assignment import How
from mergec.plan.graph import Copy
from mergec.plan.plan import Plan

PROCESS_BYTES = 260_000_000
"""What a process holds before the first block, Python and torch: measured by tests/benchmarks/seeds.py, rounded up."""


def totals_text(plan: Plan) -> Iterable[str]:
    """Models, tensors, bytes, files, memory: everything that is known before a weight is read."""
    counts: dict[str, int] = {}
    for a in plan.assignments:
        name = a.method.name if a.method is not None else a.how.value
        counts[name] = counts.get(name, 0) + 1
    how = ", ".join(f"{n} {name}" for name, n in counts.items())
    types = ", ".join(dict.fromkeys(a.type.dtype.torch_name for a in plan.assignments))
    yield (
        f"{plan.recipe.output.name}: {len(plan.assignments)} tensors, {count_text(plan.parameters)} parameters, "
        f"{types} ({how})"
    )
    width = max(len(m.name) for m in plan.catalog.models)
    for index, opened in enumerate(plan.catalog.models):
        size = sum(f.size_bytes for f in opened.checkpoint.files)
        revision = f" at {opened.checkpoint.folder.revision[:8]}" if opened.checkpoint.folder.revision else ""
        donor = ", gives config and tokenizer" if index == plan.recipe.output.donor else ""
        yield (
            f"  {opened.name:<{width}}  {opened.model.reference}{revision}: "
            f"{len(opened.checkpoint.tensors)} tensors, {bytes_text(size)}{donor}"
        )
    copied = sum(1 for o in plan.graph.outputs if isinstance(plan.graph.nodes[o].op, Copy))
    copies = f", {copied} tensors copied byte for byte" if copied else ""
    files = f"{len(plan.shards)} file" + ("s" if len(plan.shards) > 1 else "")
    yield (
        f"  reads {bytes_text(plan.traffic.read_bytes)}, writes {bytes_text(plan.files_bytes)} in {files}, "
        f"holds {bytes_text(plan.cut.peak_bytes)} of blocks{copies}"
    )
    if plan.dropped:
        yield f"  leaves out {len(plan.dropped)} input tensors: {_reasons(plan)}"
    agreeing = sum(1 for a in plan.assignments if a.how is How.AGREE)
    if agreeing:
        yield f"  {agreeing} tensors of whole numbers must be the same in all inputs; the build checks that"


def memory_text(plan: Plan) -> str:
    """What a build holds at most, and of what."""
    blocks = plan.cut.peak_bytes
    return (
        f"  memory: about {bytes_text(PROCESS_BYTES + blocks)}; {bytes_text(blocks)} are blocks of tensors "
        f"({plan.cut.workers} workers), the rest is Python and torch"
    )


def _reasons(plan: Plan) -> str:
    reasons = list(dict.fromkeys(d.reason for d in plan.dropped))
    more = f"; and {len(reasons) - 3} more reasons" if len(reasons) > 3 else ""
    return "; ".join(reasons[:3]) + more

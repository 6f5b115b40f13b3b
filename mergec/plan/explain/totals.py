"""What a build amounts to, in a few lines."""

from __future__ import annotations

from collections.abc import Iterable

from mergec.core.units import bytes_text, count_text, counted, listed_words
from mergec.plan.assignment import How
from mergec.plan.graph import Copy
from mergec.plan.plan import Plan
from mergec.recipe import ModelUse

PROCESS_BYTES = 340_000_000
"""What a process holds besides blocks, Python and torch: at most what tests/benchmarks/seeds.py measured."""


def totals_text(plan: Plan) -> Iterable[str]:
    """Models, tensors, bytes, files, memory: everything that is known before a weight is read."""
    counts: dict[str, int] = {}
    for a in plan.assignments:
        name = a.action
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
        given = listed_words(_given(plan, index))
        gives = f", gives {given}" if given else ""
        yield (
            f"  {opened.name:<{width}}  {opened.model.reference}{revision}: "
            f"{len(opened.checkpoint.tensors)} tensors, {bytes_text(size)}{gives}"
        )
    copied = sum(1 for o in plan.graph.outputs if isinstance(plan.graph.nodes[o].op, Copy))
    copies = f", {copied} tensors copied byte for byte" if copied else ""
    files = f"{len(plan.shards)} file" + ("s" if len(plan.shards) > 1 else "")
    yield (
        f"  reads {bytes_text(plan.traffic.read_bytes)}, writes {bytes_text(plan.files_bytes)} in {files}, "
        f"holds {bytes_text(plan.cut.peak_bytes)} of blocks{copies}"
    )
    for model in dict.fromkeys(d.model for d in plan.dropped):
        yield f"  leaves out of {plan.catalog.models[model].name}: {_left_out(plan, model)}"
    if plan.seed is not None:
        yield f"  draws random numbers under seed {plan.seed}"
    agreeing = sum(1 for a in plan.assignments if a.how is How.AGREE)
    if agreeing:
        yield f"  {agreeing} tensors of whole numbers must be the same in all inputs; the build checks that"


def _given(plan: Plan, model: int) -> tuple[str, ...]:
    """What a model gives besides weights."""
    output = plan.recipe.output
    tokenizer = output.donor if output.tokenizer is None else output.tokenizer.model
    template = output.chat_template.model if isinstance(output.chat_template, ModelUse) else None
    givers = (("config", output.donor), ("tokenizer", tokenizer), ("chat template", template))
    return tuple(what for what, giver in givers if giver == model)


def memory_text(plan: Plan) -> str:
    """What a build holds at most, and of what."""
    blocks = plan.cut.peak_bytes
    return (
        f"  memory: up to {bytes_text(PROCESS_BYTES + blocks)}; {bytes_text(blocks)} are blocks of tensors "
        f"({plan.cut.workers} workers), the rest is Python and torch"
    )


def _left_out(plan: Plan, model: int) -> str:
    """Layers that no slice takes, and other tensors by the reason they are left out for."""
    anatomy = plan.catalog.models[model].anatomy
    layers: set[int] = set()
    counts: dict[str, int] = {}
    for dropped in plan.dropped:
        if dropped.model != model:
            continue
        layer = anatomy.place(dropped.name).layer
        if layer is not None and dropped.is_unused_layer:
            layers.add(layer)
        else:
            counts[dropped.reason] = counts.get(dropped.reason, 0) + 1
    parts = [f"{'layer' if len(layers) == 1 else 'layers'} {_runs(sorted(layers))}"] if layers else []
    return "; ".join(parts + [f"{counted(n, 'tensor')} {reason}" for reason, n in counts.items()])


def _runs(numbers: list[int]) -> str:
    """Whole numbers in ascending order, neighbours as `3 to 7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]} to {r[-1]}" for r in runs)

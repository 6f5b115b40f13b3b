"""Quantised weights are copied or refused: arithmetic on them, and rounding their scales, means nothing."""

from __future__ import annotations

from mergec.core.dtype import Kind
from mergec.diagnostics import Code, Report
from mergec.plan.catalog import Catalog, OpenedModel
from mergec.plan.graph import Agree, Copy, Graph, Node, Read
from mergec.sidecar import quantization


def refuse_quantized(graph: Graph, catalog: Catalog, report: Report) -> None:
    """Report every quantised model whose tensors would be computed with; call it on the simplified graph."""
    schemes = [quantization(m.config) for m in catalog.models]
    if not any(schemes) and not any(_has_narrow(m) for m in catalog.models):
        return
    for node in graph.nodes:
        for operand in _computed_with(graph, node):
            scheme = schemes[operand.model] or _narrow(operand)
            if scheme is not None:
                refuse(scheme, operand.model, catalog, report)


def _has_narrow(opened: OpenedModel) -> bool:
    return any(dtype.kind is Kind.NARROW for dtype in {e.type.dtype for e in opened.checkpoint.tensors})


def _computed_with(graph: Graph, node: Node) -> list[Read]:
    """The tensors whose numbers a node uses; comparing several narrow ones counts, as they could not be merged."""
    reads = [op for o in node.operands if isinstance(op := graph.nodes[o].op, Read)]
    if isinstance(node.op, Agree):
        return [r for r in reads if _narrow(r)] if len(set(node.operands)) > 1 else []
    return [] if isinstance(node.op, Copy) else reads


def _narrow(read: Read) -> str | None:
    dtype = read.entry.type.dtype
    return dtype.code if dtype.kind is Kind.NARROW else None


def refuse(scheme: str, model: int, catalog: Catalog, report: Report) -> None:
    """Report that a model is quantised; the same finding again counts once."""
    opened = catalog.models[model]
    report.error(
        Code.QUANTIZED,
        f"`{opened.name}` is quantised ({scheme}); its numbers cannot be merged, scaled or rounded",
        opened.model.span,
        help="use the checkpoint in bfloat16, float16 or float32;\n"
        "passthrough without `scale` and without an output dtype copies quantised ones whole",
    )

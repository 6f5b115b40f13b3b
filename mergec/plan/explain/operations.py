"""The graph of a plan, or the part of it that makes certain tensors."""

from __future__ import annotations

from mergec.plan.explain.tensors import name_matcher
from mergec.plan.graph import Builder, Graph
from mergec.plan.graph_text import graph_lines
from mergec.plan.plan import Plan, targets


def graph_text(plan: Plan, patterns: tuple[str, ...] = ()) -> str:
    """The operations behind the tensors whose names match; all of them without patterns."""
    shows = name_matcher(patterns)
    kept = [i for i, a in enumerate(plan.assignments) if shows(a.name)]
    graph = _part(plan.graph, [plan.graph.outputs[i] for i in kept])
    written = targets(tuple(plan.places[i] for i in kept))
    return "\n".join(graph_lines(graph, written, lambda model: plan.catalog.models[model].name))


def _part(graph: Graph, outputs: list[int]) -> Graph:
    builder = Builder(list(graph.nodes))
    return builder.finish(outputs)

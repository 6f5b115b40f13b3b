"""What all tasks of a build share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mergec.execute.tensors import Operand, Providers
from mergec.plan import Apply, Cut, Graph, Measured, Node, Schemes


@dataclass(slots=True)
class Context:
    """A graph, how it is cut, and where its tensors are.

    wait: returns once what this thread computes can be used by others.
    surveyed: results of the surveys that are complete, by node. current: those of the survey that is being taken.
    """

    graph: Graph
    schemes: Schemes
    cut: Cut
    operand: Callable[[int], Operand]
    provider: Providers
    wait: Callable[[], None]
    surveyed: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    current: tuple[Any, ...] = ()

    def maker(self, node: Node) -> str:
        """Who makes a tensor, for a message."""
        return f"`{node.op.method.name}`" if isinstance(node.op, Apply | Measured) else "the recipe"


def provider_of(providers: Mapping[str, str]) -> Providers:
    """Looks a method's provider up by name."""
    return lambda name: providers.get(name, "an installed plugin")

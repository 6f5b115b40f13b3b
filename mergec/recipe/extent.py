"""How large a recipe gets once every use of a name is written out."""

from __future__ import annotations

from dataclasses import dataclass, field

from mergec.diagnostics import Code, Report, Span
from mergec.recipe.for_each import MOST_PARTS
from mergec.recipe.model import Merge, ModelUse, Node, Stack, parts_of

MOST_SOURCES = 1_000
"""The most stored tensors that one tensor may be made of."""

MOST_NESTED = 100
"""How many merges may stand in one another: reading them takes a few calls for each."""


@dataclass(frozen=True, slots=True)
class Extent:
    """uses: of models. sources: stored tensors that one tensor is made of. nested: merges in one another."""

    uses: int = 1
    sources: int = 1
    nested: int = 0


@dataclass(frozen=True, slots=True)
class Extents:
    """Measures nodes, each of them once: a few lines can use one another without end."""

    report: Report
    known: dict[int, tuple[Node, Extent]] = field(default_factory=dict)

    def allow(self, node: Node) -> bool:
        """Whether a node is small enough to be worked with; reports it if not."""
        extent = self.of(node)
        if extent.uses > MOST_PARTS:
            what = "a stack" if isinstance(node, Stack) else "a merge"
            self._refuse(f"{what} of more than {MOST_PARTS} ranges of layers", node.span)
        elif extent.sources > MOST_SOURCES:
            message = (
                f"every tensor of this would be made of {extent.sources:,} others, and {MOST_SOURCES:,} are the most"
            )
            self._refuse(message, node.span, "a merge counts as often as its name is used")
        elif extent.nested > MOST_NESTED:
            self._refuse(f"more than {MOST_NESTED} merges stand in one another", node.span, "build some of them first")
        else:
            return True
        return False

    def of(self, node: Node) -> Extent:
        """The extent of a node."""
        if id(node) not in self.known:
            self.known[id(node)] = node, self._measured(node)
        return self.known[id(node)][1]

    def _measured(self, node: Node) -> Extent:
        if isinstance(node, ModelUse):
            return Extent()
        parts = [self.of(part) for part in parts_of(node)]
        is_merge = isinstance(node, Merge)
        return Extent(
            uses=sum(p.uses for p in parts),
            sources=(sum if is_merge else max)(p.sources for p in parts),
            nested=max(p.nested for p in parts) + is_merge,
        )

    def _refuse(self, message: str, span: Span, help: str | None = None) -> None:
        self.report.error(Code.TOO_COMPLEX, message, span, help=help)

"""Whether the inputs of each tensor have one shape; every mismatch in one finding per pair of models."""

from __future__ import annotations

from mergec.diagnostics import Code, Report, Span
from mergec.plan.assignment import Stored
from mergec.plan.catalog import Catalog
from mergec.recipe import Merge

SHOWN = 5


class ShapeCheck:
    """Collects mismatches tensor by tensor, and reports them together."""

    def __init__(self, catalog: Catalog, report: Report) -> None:
        self._catalog = catalog
        self._report = report
        self._found: dict[tuple[int, int], list[tuple[str, Stored, Stored]]] = {}
        self._spans: dict[tuple[int, int], Span] = {}

    def check(self, name: str, stored: list[Stored], merge: Merge) -> None:
        """Compare every input with the first."""
        first = stored[0]
        for other in stored[1:]:
            if other.entry.type.shape != first.entry.type.shape:
                pair = (first.model, other.model)
                self._found.setdefault(pair, []).append((name, first, other))
                self._spans.setdefault(pair, merge.span)

    def finish(self) -> None:
        """Report what was found."""
        for (a, b), rows in self._found.items():
            one, other = self._catalog.models[a].name, self._catalog.models[b].name
            lines = tuple(
                f"{name}: {_shape(first)} in `{one}`, {_shape(second)} in `{other}`"
                for name, first, second in rows[:SHOWN]
            )
            more = (f"and {len(rows) - SHOWN} more",) if len(rows) > SHOWN else ()
            self._report.error(
                Code.SHAPE_MISMATCH,
                f"{len(rows)} tensor(s) of `{one}` and `{other}` differ in shape",
                self._catalog.models[b].model.span,
                notes=lines + more,
                help=_help(rows),
            )


def _shape(stored: Stored) -> str:
    return "[" + ", ".join(map(str, stored.entry.type.shape)) + "]"


def _help(rows: list[tuple[str, Stored, Stored]]) -> str:
    vocabulary = all(
        len(a.entry.type.shape) == 2 and a.entry.type.shape[1:] == b.entry.type.shape[1:] for _, a, b in rows
    )
    if vocabulary and len(rows) <= 2:
        return "the vocabularies differ in size; resize one model's embeddings to the other's first"
    return "only tensors of one shape can be merged: use models of one architecture and size"

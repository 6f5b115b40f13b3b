"""Whether the inputs of each tensor go together: one shape, and types that can be merged."""

from __future__ import annotations

from collections.abc import Sequence

from mergec.core.dtype import Kind
from mergec.core.units import counted
from mergec.diagnostics import Code, Report, Span
from mergec.plan.assignment import Stored
from mergec.plan.catalog import Catalog
from mergec.plan.quantized import refuse
from mergec.recipe import Merge

SHOWN = 5


class ShapeCheck:
    """Collects shapes that differ tensor by tensor, and reports them in one finding per pair of models."""

    def __init__(self, catalog: Catalog, report: Report) -> None:
        self._catalog = catalog
        self._report = report
        self._found: dict[tuple[int, int], list[tuple[str, Stored, Stored]]] = {}

    def check(self, name: str, stored: list[Stored]) -> None:
        """Compare every input with the first."""
        first = stored[0]
        for other in stored[1:]:
            if other.entry.type.shape != first.entry.type.shape:
                self._found.setdefault((first.model, other.model), []).append((name, first, other))

    def finish(self) -> None:
        """Report what was found."""
        for (a, b), rows in self._found.items():
            one, other = self._catalog.models[a].name, self._catalog.models[b].name
            lines = tuple(
                f"{name}: {_shape(first)} in `{one}`, {_shape(second)} in `{other}`"
                for name, first, second in rows[:SHOWN]
            )
            self._report.error(
                Code.SHAPE_MISMATCH,
                f"{counted(len(rows), 'tensor')} of `{one}` and `{other}` differ in shape",
                self._catalog.models[b].model.span,
                notes=("\n".join((*lines, *_more(rows))),),
                help=_help(rows),
            )


class TypeCheck:
    """Collects tensors whose types have no mean, such as floats and whole numbers, and reports them together."""

    def __init__(self, catalog: Catalog, report: Report) -> None:
        self._catalog = catalog
        self._report = report
        self._found: dict[Span, list[str]] = {}

    def check(self, name: str, stored: list[Stored], merge: Merge) -> None:
        """Compare all inputs."""
        dtypes = {s.entry.type.dtype for s in stored}
        narrow = [s for s in stored if s.entry.type.dtype.kind is Kind.NARROW]
        if len(dtypes) > 1 and narrow:
            refuse(narrow[0].entry.type.dtype.code, narrow[0].model, self._catalog, self._report)
        elif len(dtypes) > 1:
            kinds = ", ".join(f"{s.entry.type} in `{self._catalog.models[s.model].name}`" for s in stored)
            self._found.setdefault(merge.span, []).append(f"{name}: {kinds}")

    def finish(self) -> None:
        """Report what was found."""
        for span, lines in self._found.items():
            self._report.error(
                Code.DTYPE_MISMATCH,
                f"{counted(len(lines), 'tensor')} of types that cannot be merged with one another",
                span,
                notes=("\n".join((*lines[:SHOWN], *_more(lines))),),
                help='in the merge language, `output … { drop = "GLOB" }` leaves tensors out',
            )


def _more(rows: Sequence[object]) -> tuple[str, ...]:
    return (f"and {len(rows) - SHOWN} more",) if len(rows) > SHOWN else ()


def _shape(stored: Stored) -> str:
    return "[" + ", ".join(map(str, stored.entry.type.shape)) + "]"


def _help(rows: list[tuple[str, Stored, Stored]]) -> str:
    vocabulary = all(
        len(a.entry.type.shape) == 2 and a.entry.type.shape[1:] == b.entry.type.shape[1:] for _, a, b in rows
    )
    if vocabulary and len(rows) <= 2:
        return "the vocabularies differ in size; resize one model's embeddings to the other's first"
    return "only tensors of one shape can be merged: use models of one architecture and size"

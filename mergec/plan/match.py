"""From a recipe and opened models to one assignment per output tensor."""

from __future__ import annotations

from dataclasses import dataclass

from mergec.contract.method import Method
from mergec.core.anatomy import Place, Position
from mergec.core.dtype import DType, promote
from mergec.core.tensor import TensorType
from mergec.diagnostics import Code, Report
from mergec.plan.accounting import account, stored_operands
from mergec.plan.assignment import Assignment, Dropped, How, Operand, Stored
from mergec.plan.bind import Binder
from mergec.plan.catalog import Catalog
from mergec.plan.cells import Cell, Merged, stored_of
from mergec.plan.select import Subject
from mergec.plan.shapes import ShapeCheck, TypeCheck
from mergec.plan.views import ViewBuilder, ordered
from mergec.recipe import At, Recipe
from mergec.sidecar import is_tied, quantization


@dataclass(frozen=True, slots=True)
class Matched:
    """All output tensors in order, and all input tensors that are not among them."""

    assignments: tuple[Assignment, ...]
    dropped: tuple[Dropped, ...]


def match(recipe: Recipe, catalog: Catalog, report: Report) -> Matched | None:
    """Decide what every output tensor is made of, and account for every input tensor."""
    view = ViewBuilder(recipe, catalog, report).view(recipe.root)
    if view is None:
        return None
    matcher = Matcher(recipe, catalog, report)
    assignments = tuple(matcher.assign(cell, cell.name) for cell in ordered(view))
    matcher.finish()
    _warn_tied_head(recipe, catalog, assignments, report)
    dropped = account(recipe, catalog, view, assignments, report)
    return None if report.failed else Matched(assignments, dropped)


def _warn_tied_head(recipe: Recipe, catalog: Catalog, assignments: tuple[Assignment, ...], report: Report) -> None:
    """Say so if the output stores a head that its config ties to the embedding, so that loaders ignore it."""
    donor = catalog.models[recipe.output.donor]
    if not is_tied(donor.config) or any(s.note for a in assignments for s in stored_operands(a)):
        return
    for a in assignments:
        if a.name in ("lm_head.weight", "output.weight", "embed_out.weight"):
            report.warn(
                Code.TIED_HEAD,
                f"`{a.name}` is stored, but config.json of `{donor.name}` ties it to the embedding",
                donor.model.span,
                "loaders use the embedding instead",
                help="drop it, or give it the same parameters as the embedding",
            )


def reading_place(place: Place) -> At:
    """Where curves are read for a tensor at a place of its merge."""
    layer = place.layer
    if layer is None:
        return At(1.0 if place.position is Position.AFTER else 0.0, 0.0, 0, 0)
    if place.layers == 1:
        return At(0.0, 1.0, layer, 1)
    depth = layer / (place.layers - 1)
    return At(depth, depth, layer, place.layers)


class Matcher:
    """Assigns a method and values to the cells of a view."""

    def __init__(self, recipe: Recipe, catalog: Catalog, report: Report) -> None:
        self._recipe = recipe
        self._catalog = catalog
        self._report = report
        self._binder = Binder(report)
        self._shapes = ShapeCheck(catalog, report)
        self._types = TypeCheck(catalog, report)
        self._quantized: dict[int, str | None] = {i: quantization(m.config) for i, m in enumerate(catalog.models)}

    def assign(self, cell: Cell, name: str) -> Assignment:
        """The assignment of a cell that is called `name` in the output."""
        content = cell.content
        if isinstance(content, Stored):
            return self._copy(cell, content, name)
        stored = [stored_of(o) for o in content.operands]
        if content.base is not None:
            stored.append(stored_of(content.base))
        self._shapes.check(name, stored)
        dtypes = tuple(s.entry.type.dtype for s in stored)
        if all(d.is_float for d in dtypes):
            return self._merge(cell, content, name, dtypes)
        return self._not_float(cell, content, name, stored)

    def finish(self) -> None:
        """Report what only shows once every tensor is assigned."""
        self._shapes.finish()
        self._types.finish()
        self._binder.finish()

    def _copy(self, cell: Cell, stored: Stored, name: str) -> Assignment:
        kind = stored.entry.type
        wanted = self._recipe.output.dtype
        casts = wanted is not None and kind.dtype.is_float and "buffer" not in cell.place.roles
        if casts and wanted is not None:
            kind = TensorType(wanted, kind.shape)
        return Assignment(name, kind, cell.place, How.COPY, None, None, (), (stored,))

    def _merge(self, cell: Cell, content: Merged, name: str, dtypes: tuple[DType, ...]) -> Assignment:
        shape = stored_of(content.operands[0]).entry.type.shape
        dtype = self._recipe.output.dtype or promote(dtypes)
        at = reading_place(content.place)
        subjects = tuple(Subject(name, stored_of(o).entry.name, content.place, len(shape)) for o in content.operands)
        method, origin = self._binder.method(content.merge, subjects[0])
        bound = self._binder.bind(method, content.merge, subjects, at)
        self._refuse_quantized(content, method, name)
        return Assignment(
            name,
            TensorType(dtype, shape),
            cell.place,
            How.MERGE,
            method,
            at.depth,
            bound,
            tuple(self._operand(o) for o in content.operands),
            self._operand(content.base) if content.base else None,
            origin,
        )

    def _operand(self, cell: Cell) -> Operand:
        return cell.content if isinstance(cell.content, Stored) else self.assign(cell, cell.name)

    def _not_float(self, cell: Cell, content: Merged, name: str, stored: list[Stored]) -> Assignment:
        self._types.check(name, stored, content.merge)
        how = How.AGREE if len(content.operands) > 1 else How.COPY
        operands = tuple(stored_of(o) for o in content.operands)
        self._refuse_quantized(content, None, name)
        return Assignment(name, stored[0].entry.type, cell.place, how, None, None, (), operands)

    def _refuse_quantized(self, content: Merged, method: Method | None, name: str) -> None:
        """Arithmetic on quantised weights means nothing; one input that is copied is fine."""
        if len(content.operands) == 1 and content.base is None:
            return
        for operand in content.operands:
            stored = stored_of(operand)
            scheme = self._quantized[stored.model]
            narrow = stored.entry.type.dtype.kind.value == "narrow"
            if scheme is None and not narrow:
                continue
            model = self._catalog.models[stored.model]
            self._report.error(
                Code.QUANTIZED,
                f"`{model.name}` is quantised ({scheme or stored.entry.type.dtype.code}); its numbers cannot be merged",
                model.model.span,
                help="use the checkpoint in bfloat16, float16 or float32; passthrough copies quantised ones whole",
            )

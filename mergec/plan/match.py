"""From a recipe and opened models to one assignment per output tensor."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mergec.contract.method import Base
from mergec.core.anatomy import Place, Position
from mergec.core.dtype import DType, promote
from mergec.core.tensor import TensorType
from mergec.diagnostics import Code, Report
from mergec.plan.accounting import account
from mergec.plan.assignment import Assignment, Dropped, How, Operand, Stored
from mergec.plan.bind import Binder
from mergec.plan.catalog import Catalog
from mergec.plan.cells import Cell, Merged, View, all_stored, stored_of
from mergec.plan.order import Identities
from mergec.plan.select import Subject
from mergec.plan.shapes import ShapeCheck, TypeCheck
from mergec.plan.suits import SuitCheck
from mergec.plan.views import ordered, view_of
from mergec.recipe import At, Recipe

APART = (Base.SEPARATE, Base.OPTIONAL)
"""Methods with another use of a base find it among their inputs, or have none."""


@dataclass(frozen=True, slots=True)
class Matched:
    """All output tensors in order, and all input tensors that are not among them."""

    assignments: tuple[Assignment, ...]
    dropped: tuple[Dropped, ...]


def match(recipe: Recipe, catalog: Catalog, report: Report) -> Matched | None:
    """Decide what every output tensor is made of, and account for every input tensor."""
    view = view_of(recipe, catalog, report)
    if view is None or not _check_whole(recipe, catalog, view, report):
        return None
    matcher = Matcher(recipe, catalog, report)
    assignments = tuple(matcher.assign(cell, cell.name) for cell in ordered(view))
    matcher.finish(tuple(a.name for a in assignments))
    dropped = account(recipe, catalog, assignments, report)
    return None if report.failed else Matched(assignments, dropped)


def _check_whole(recipe: Recipe, catalog: Catalog, view: View, report: Report) -> bool:
    """Whether what is to be written is a model that the donor's config.json can describe; reports why not."""
    donor = catalog.models[recipe.output.donor]
    present = {c.place.layer for c in view.cells.values() if c.place.stack == view.main and c.place.layer is not None}
    holes = sorted(set(range(view.layers)) - present)
    drop = recipe.output.drop[0].span if recipe.output.drop else None
    if not view.cells:
        report.error(Code.NO_OUTPUT, "nothing is left to write", drop, help="drop less")
    elif holes:
        report.error(
            Code.BAD_LAYER_RANGE,
            f"nothing is left of layer {', '.join(map(str, holes))} of {view.layers}",
            drop,
            help="to leave out layers, stack the ranges that are to stay: `stack(model[0..4], model[5..8])`",
        )
    elif donor.anatomy.main is not None and view.main is not None and view.main != donor.anatomy.main.prefix:
        report.error(
            Code.DIFFERENT_ARCHITECTURES,
            f"the layers to be written are `{view.main}N`, those of `{donor.name}`, whose config is taken, "
            f"`{donor.anatomy.main.prefix}N`",
            donor.model.span,
            help="take the config from a model that is merged",
        )
    return not report.failed


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
        self._suits = SuitCheck(report)
        self._identities = Identities(catalog)
        self._nested: dict[int, tuple[Cell, Assignment]] = {}
        self._cast: dict[tuple[TensorType, DType], TensorType] = {}
        self._read: dict[tuple[bool, int | None, int], At] = {}

    def assign(self, cell: Cell, name: str) -> Assignment:
        """The assignment of a cell that is called `name` in the output."""
        content = cell.content
        if isinstance(content, Stored):
            return self._copy(cell, content, name)
        self._shapes.check(name, [stored_of(part) for part in content.parts])
        stored = all_stored(cell)
        dtypes = tuple([s.entry.type.dtype for s in stored])
        if all(d.is_float for d in set(dtypes)):
            return self._merge(cell, content, name, dtypes)
        return self._not_float(cell, content, name, stored)

    def finish(self, names: tuple[str, ...]) -> None:
        """Report what only shows once every tensor is assigned."""
        self._shapes.finish()
        self._types.finish()
        self._suits.finish()
        self._binder.finish(names)

    def _copy(self, cell: Cell, stored: Stored, name: str) -> Assignment:
        kind = stored.entry.type
        wanted = self._recipe.output.dtype
        casts = wanted is not None and kind.dtype.is_float and "buffer" not in cell.place.roles
        if casts and wanted is not None:
            kind = self._typed(kind, wanted)
        return Assignment(name, kind, cell.place, How.COPY, None, None, (), (stored,))

    def _merge(self, cell: Cell, content: Merged, name: str, dtypes: tuple[DType, ...]) -> Assignment:
        names = [stored_of(o).entry.name for o in content.operands]
        kind = stored_of(content.operands[0]).entry.type
        at = self._at(content.place)
        own = Subject(name, name, content.place, len(kind.shape))
        subjects = tuple([own if n == name else replace(own, filtered=n) for n in names])
        asked, origin = self._binder.method(content.merge, subjects[0])
        method = self._suits.settle(asked, origin, subjects[0], len(subjects))
        bound = self._binder.bind(method, content.merge, subjects, at)
        operands = tuple(self._operand(o) for o in content.operands)
        if method.symmetric:
            operands, bound = self._identities.ordered(operands, bound)
        return Assignment(
            name,
            self._typed(kind, self._recipe.output.dtype or promote(dtypes)),
            cell.place,
            How.MERGE,
            method,
            at.depth,
            bound,
            operands,
            self._operand(content.base) if content.base and method.base in APART else None,
            origin,
            asked if method is not asked else None,
            content.merge.span,
            self._identities.sources(operands),
            content.merge.name,
        )

    def _typed(self, type: TensorType, dtype: DType) -> TensorType:
        """The type with other elements: the same object for all tensors that have it."""
        if type.dtype is dtype:
            return type
        if (type, dtype) not in self._cast:
            self._cast[type, dtype] = TensorType(dtype, type.shape)
        return self._cast[type, dtype]

    def _at(self, place: Place) -> At:
        """As `reading_place`: the same object for all tensors there."""
        key = (place.position is Position.AFTER, place.layer, place.layers)
        if key not in self._read:
            self._read[key] = reading_place(place)
        return self._read[key]

    def _operand(self, cell: Cell) -> Operand:
        if isinstance(cell.content, Stored):
            return cell.content
        if id(cell) not in self._nested:
            self._nested[id(cell)] = cell, self.assign(cell, cell.name)
        return self._nested[id(cell)][1]

    def _not_float(self, cell: Cell, content: Merged, name: str, stored: tuple[Stored, ...]) -> Assignment:
        """All inputs, those of inner merges too, must hold the same."""
        self._types.check(name, list(stored), content.merge)
        how = How.AGREE if len(stored) > 1 else How.COPY
        return Assignment(name, stored[0].entry.type, cell.place, how, None, None, (), stored)

"""Which tensors a model, a merge or a stack has, before any parameter is read.

A view lists cells by name. Layers of a view count from 0, whatever part of a model they come from, so the inputs of a
merge line up by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from mergec.core.anatomy import Place, Position, Stack
from mergec.diagnostics import Code, Report, Span
from mergec.plan.align import align
from mergec.plan.assignment import Stored
from mergec.plan.catalog import Catalog, OpenedModel
from mergec.plan.cells import Cell, View
from mergec.plan.heads import tied_stand_in
from mergec.plan.naming import Rename, renamed, renaming
from mergec.plan.select import glob_pattern
from mergec.recipe import DropRule, Merge, ModelUse, Node, Recipe, Slice, label
from mergec.recipe import Stack as StackNode


@dataclass(frozen=True, slots=True)
class ViewBuilder:
    """Builds the view of a recipe's root. Problems are reported; None stands for a view that has some."""

    recipe: Recipe
    catalog: Catalog
    report: Report
    renames: tuple[Rename | None, ...]
    """For each model, how its names become the donor's."""
    done: dict[int, View | None] = field(default_factory=dict)
    """Views by the nodes' identity: what is used twice has one view, with the same cells."""

    def view(self, node: Node) -> View | None:
        """The view of a node of the recipe."""
        if id(node) not in self.done:
            self.done[id(node)] = self._view(node)
        return self.done[id(node)]

    def _view(self, node: Node) -> View | None:
        match node:
            case ModelUse():
                return self._model(node)
            case Merge():
                return self._merge(node)
            case StackNode():
                return self._stack(node)
            case Slice():
                return self._slice(node)

    def _model(self, use: ModelUse) -> View | None:
        opened = self.catalog.models[use.model]
        cells: Iterable[Cell] = _stored(use.model, opened, self.recipe.output.drop)
        main = opened.anatomy.main
        if use.first is not None:
            main = self._main_stack(use, use.first, opened)
            if main is None:
                return None
            end = main.layers if use.end is None else use.end
            if use.first > 0 or end < main.layers:
                cells = _cut(cells, main.prefix, use.first, end)
        rename = self.renames[use.model]
        if rename is None:
            return View({c.name: c for c in cells}, main.prefix if main else None)
        return View({c.name: c for c in renamed(cells, rename)}, rename(main.prefix) if main else None)

    def _main_stack(self, use: ModelUse, first: int, opened: OpenedModel) -> Stack | None:
        """The stack a range of layers counts, if the range lies in it."""
        main = opened.anatomy.main
        stacks = opened.anatomy.stacks
        if main is None and stacks and all(s.layers == use.end and first == 0 for s in stacks):
            return stacks[0]
        if main is None:
            listed = ", ".join(f"`{s.prefix}` ({s.layers} layers)" for s in stacks) or "none"
            self.report.error(
                Code.AMBIGUOUS_LAYERS,
                f"`{opened.name}` has no one stack of layers that a range could count",
                use.span,
                notes=(f"its stacks: {listed}",),
                help="merge the models whole, without a range of layers",
            )
            return None
        if first >= main.layers or (use.end is not None and use.end > main.layers):
            self.report.error(
                Code.BAD_LAYER_RANGE,
                f"`{opened.name}` has {main.layers} layers, the range "
                + (f"begins at {first}" if use.end is None else f"ends at {use.end}"),
                use.span,
                "past the last layer",
                help=f"layers count from 0 and the end is not included: at most {main.layers}",
            )
            return None
        return main

    def _merge(self, merge: Merge) -> View | None:
        views = [self.view(node) for node in merge.inputs]
        base = self.view(merge.base) if merge.base is not None else None
        if any(v is None for v in views) or (merge.base is not None and base is None):
            return None
        inputs = tuple(v for v in views if v is not None)
        aligned = align(merge, inputs, base, self.recipe.models, self.catalog, self.report)
        if aligned is None:
            return None
        return View({cell.name: cell for cell in aligned}, inputs[0].main)

    def _slice(self, part: Slice) -> View | None:
        view = self.view(part.node)
        if view is None:
            return None
        name = label(part.node, self.recipe.models)
        end = view.layers if part.end is None else part.end
        if view.main is None:
            self.report.error(
                Code.AMBIGUOUS_LAYERS,
                f"`{name}` has no one stack of layers that a range could count",
                part.span,
                help="use it whole, without a range of layers",
            )
        elif part.first >= end or end > view.layers:
            bound = f"ends at {end}" if part.end is not None else f"begins at {part.first}"
            self.report.error(
                Code.BAD_LAYER_RANGE,
                f"`{name}` has {view.layers} layers, the range {bound}",
                part.span,
                "past the last layer",
                help=f"layers count from 0 and the end is not included: at most {view.layers}",
            )
        else:
            return View({c.name: c for c in _cut(view.cells.values(), view.main, part.first, end)}, view.main)
        return None

    def _stack(self, stack: StackNode) -> View | None:
        parts: list[View] = []
        refused: set[Span] = set()  # `for` makes many parts of one place
        for part in stack.parts:
            view = None if part.span in refused else self.view(part)
            if view is None:
                refused.add(part.span)
            else:
                parts.append(view)
        if refused:
            return None
        if len(parts) == 1:
            return parts[0]
        prefixes = [v.main for v in parts]
        if None in prefixes or len(set(prefixes)) > 1:
            self.report.error(
                Code.DIFFERENT_ARCHITECTURES,
                "the parts of a stack name their layers differently",
                stack.span,
                notes=tuple(f"part {i + 1}: {p or 'no layers'}" for i, p in enumerate(prefixes)),
            )
            return None
        return _with_head(_concatenate(parts, prefixes[0] or ""), parts, self.catalog)


def view_of(recipe: Recipe, catalog: Catalog, report: Report) -> View | None:
    """The view of what a recipe writes."""
    donor = catalog.models[recipe.output.donor].anatomy
    renames = tuple(renaming(opened.anatomy, donor) for opened in catalog.models)
    return ViewBuilder(recipe, catalog, report, renames).view(recipe.root)


def _stored(model: int, opened: OpenedModel, drop: tuple[DropRule, ...]) -> Iterable[Cell]:
    patterns = [glob_pattern(rule.pattern) for rule in drop]
    place = opened.anatomy.place
    for entry in opened.checkpoint.tensors:
        if not patterns or not any(p.fullmatch(entry.name) for p in patterns):
            yield Cell(entry.name, place(entry.name), Stored(model, entry))


def _cut(cells: Iterable[Cell], prefix: str, first: int, end: int) -> Iterable[Cell]:
    """The layers of a stack from `first` to `end`, counted from 0 again; tensors outside the stack stay."""
    for cell in cells:
        layer = cell.place.layer
        if layer is None and is_extra_layer(cell.name, prefix):
            continue
        if cell.place.stack != prefix or layer is None:
            yield cell
        elif first <= layer < end:
            yield _moved(cell, layer - first, end - first)


def is_extra_layer(name: str, prefix: str) -> bool:
    """Whether a tensor lies beyond the layers that the model counts, as layers that predict further tokens do."""
    return name.startswith(prefix) and name[len(prefix) : len(prefix) + 1].isdigit()


def _moved(cell: Cell, layer: int, layers: int) -> Cell:
    """The cell as layer `layer` of a stack of `layers`."""
    place = replace(cell.place, layer=layer, layers=layers)
    return replace(cell, name=f"{place.stack}{layer}.{place.suffix}", place=place)


def _concatenate(parts: list[View], prefix: str) -> View:
    """Layers of all parts in order; tensors before the layers from the first part, after them from the last."""
    total = sum(part.layers for part in parts)
    joined: dict[str, Cell] = {}
    offset = 0
    for i, part in enumerate(parts):
        for cell in part.cells.values():
            if cell.place.layer is None and is_extra_layer(cell.name, prefix):
                continue
            if cell.place.stack == prefix and cell.place.layer is not None:
                moved = _moved(cell, cell.place.layer + offset, total)
                joined[moved.name] = moved
            elif i == (len(parts) - 1 if cell.place.position is Position.AFTER else 0):
                joined[cell.name] = cell
        offset += part.layers
    return View(joined, prefix)


def _with_head(joined: View, parts: list[View], catalog: Catalog) -> View:
    """With a head for the last part: if others store theirs, and its own is tied, its embedding takes that place."""
    heads = {c.name: c for part in parts for c in part.cells.values() if "head" in c.place.roles}
    missing = [c for name, c in heads.items() if name not in joined.cells]
    found = [tied_stand_in(head, parts[-1].cells, catalog) for head in missing]
    added = {cell.name: cell for cell in found if cell is not None}
    return View({**joined.cells, **added}, joined.main) if added else joined


def sort_key(place: Place, index: int) -> tuple[int, str, int, int]:
    """Order of tensors in an output: before the layers, layer by layer, after the layers, heads last."""
    rank = {Position.BEFORE: 0, Position.LAYER: 1, Position.AFTER: 2}[place.position]
    return (rank + ("head" in place.roles), place.stack, place.layer or 0, index)


def ordered(view: View) -> tuple[Cell, ...]:
    """The cells in the order of an output."""
    indexed = sorted(enumerate(view.cells.values()), key=lambda p: sort_key(p[1].place, p[0]))
    return tuple(cell for _, cell in indexed)

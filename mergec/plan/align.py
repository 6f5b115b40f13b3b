"""Lining up the tensors of a merge's inputs by name."""

from __future__ import annotations

from collections.abc import Mapping

from mergec.core.units import counted, listed
from mergec.diagnostics import Code, Report
from mergec.plan.catalog import Catalog
from mergec.plan.cells import Cell, Merged, View
from mergec.plan.heads import tied_stand_in
from mergec.recipe import Merge, Model, ModelUse, Slice, label, parts_of


def align(
    merge: Merge,
    inputs: tuple[View, ...],
    base: View | None,
    models: tuple[Model, ...],
    catalog: Catalog,
    report: Report,
) -> tuple[Cell, ...] | None:
    """The cells of a merge: every tensor with one operand per input.

    A head that one input ties to its embedding takes that embedding. Buffers that models recompute may be missing. Any
    other tensor that some inputs lack is an error.
    """
    names = [label(node, models) for node in merge.inputs]
    views = inputs
    if base is not None:
        names.append("the base")
        views = (*inputs, base)
    everyone = [v.cells for v in views]
    if not _same_depth(merge, views, names, report):
        return None
    cells: list[Cell] = []
    missing: list[list[str]] = [[] for _ in everyone]
    for name in dict.fromkeys(n for cells_of in everyone for n in cells_of):
        cell = _cell(name, merge, everyone, base is not None, catalog, missing)
        if cell is not None:
            cells.append(cell)
    if any(missing):
        _report_missing(merge, everyone, missing, names, report)
        return None
    return tuple(cells)


def _same_depth(merge: Merge, views: tuple[View, ...], names: list[str], report: Report) -> bool:
    layers = [v.layers for v in views]
    if len(set(layers)) <= 1:
        return True
    counts = ", ".join(f"`{n}` {count}" for n, count in zip(names, layers, strict=True))
    ranged = any(isinstance(n, Slice) or (isinstance(n, ModelUse) and n.first is not None) for n in parts_of(merge))
    odd = layers.index(next(c for c in layers if c != layers[0]))
    help = "take as many layers of each, with `layer_range` in `slices`, or as in `model[0..8]`"
    if odd == len(merge.inputs):
        help = "list the base among the models, with the layers to take of it"
    report.error(
        Code.UNEQUAL_SLICES if ranged else Code.DIFFERENT_ARCHITECTURES,
        f"the inputs of `{merge.method.name}` have different numbers of layers: {counts}",
        merge.places[odd],
        f"differs from the first input's {layers[0]}",
        help=help,
    )
    return False


def _cell(
    name: str,
    merge: Merge,
    matched: list[Mapping[str, Cell]],
    has_base: bool,
    catalog: Catalog,
    missing: list[list[str]],
) -> Cell | None:
    present = next(cells[name] for cells in matched if name in cells)
    if "buffer" in present.place.roles:
        return present
    found = [cells.get(name) or tied_stand_in(present, cells, catalog) for cells in matched]
    for i, cell in enumerate(found):
        if cell is None:
            missing[i].append(name)
    operands = tuple(c for c in found if c is not None)
    if len(operands) < len(found):
        return None
    base = operands[-1] if has_base else None
    return Cell(name, present.place, Merged(merge, present.place, operands[:-1] if has_base else operands, base))


def _report_missing(
    merge: Merge, matched: list[Mapping[str, Cell]], missing: list[list[str]], names: list[str], report: Report
) -> None:
    common = set(matched[0]).intersection(*matched[1:])
    if 2 * len(common) < max(len(m) for m in matched):
        _report_architectures(merge, missing, names, report)
        return
    for i, absent in enumerate(missing):
        if not absent:
            continue
        has = next(j for j, cells in enumerate(matched) if absent[0] in cells)
        report.error(
            Code.MISSING_TENSOR,
            f"`{names[i]}` lacks {counted(len(absent), 'tensor')} that `{names[has]}` has",
            merge.places[i],
            notes=(listed(absent),),
            help="use a checkpoint that has them, or, in the merge language, leave them out of the output:\n"
            f'`output … {{ drop = "{absent[0]}" }}`',
        )


def _report_architectures(merge: Merge, missing: list[list[str]], names: list[str], report: Report) -> None:
    """One finding, at the input after the first that lacks most."""
    odd = max(range(1, len(missing)), key=lambda i: len(missing[i]))
    only = [n for n in missing[0] if n not in missing[odd]]
    report.error(
        Code.DIFFERENT_ARCHITECTURES,
        f"`{names[0]}` and `{names[odd]}` are different architectures",
        merge.places[odd],
        f"lacks {counted(len(missing[odd]), 'tensor')} of `{names[0]}`",
        notes=tuple(f"only in `{names[i]}`: {listed(found)}" for i, found in ((0, missing[odd]), (odd, only)) if found),
        help="merge checkpoints of one architecture, with the same tensor names",
    )

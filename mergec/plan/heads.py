"""The head and the embedding: stored apart, or tied by config.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mergec.diagnostics import Code, Report
from mergec.plan.assignment import Assignment, Operand, Stored, stored_operands
from mergec.plan.catalog import Catalog
from mergec.plan.cells import Cell, Merged, stored_of
from mergec.recipe import Recipe
from mergec.sidecar import is_tied


def tied_stand_in(head: Cell, cells: Mapping[str, Cell], catalog: Catalog) -> Cell | None:
    """The embedding that stands in for a head which these cells do not store, because their config ties the two."""
    if "head" not in head.place.roles:
        return None
    shape = stored_of(head).entry.type.shape
    for cell in cells.values():
        if "embedding" in cell.place.roles and stored_of(cell).entry.type.shape == shape and _is_tied(cell, catalog):
            return _as_head(cell, head)
    return None


def _is_tied(cell: Cell, catalog: Catalog) -> bool:
    content = cell.content
    if isinstance(content, Stored):
        return is_tied(catalog.models[content.model].config)
    return all(_is_tied(part, catalog) for part in content.parts)


def _as_head(cell: Cell, head: Cell) -> Cell:
    """The cell in the head's name and place; what it is made of says for what it stands in."""
    content = cell.content
    if isinstance(content, Stored):
        note = f"`{head.name}` is tied to `{content.entry.name}`"
        return Cell(head.name, head.place, replace(content, note=note))
    operands = tuple(_as_head(o, head) for o in content.operands)
    base = _as_head(content.base, head) if content.base is not None else None
    return Cell(head.name, head.place, Merged(content.merge, head.place, operands, base))


def ties_head(recipe: Recipe, catalog: Catalog, assignments: tuple[Assignment, ...], report: Report) -> bool | None:
    """What `tie_word_embeddings` of the output has to be; None leaves the donor's.

    A head is stored apart unless it comes of the same tied models as the embedding, in the same way. A head that is
    missing is an error, unless the embedding of tied models can take its place or the recipe drops it.
    """
    donor = catalog.models[recipe.output.donor]
    pair = _pair(assignments)
    if pair is None:
        return _without_head(recipe, catalog, assignments, report)
    head, embedding = pair
    if not _is_redundant(head, embedding, catalog):
        return False
    if is_tied(donor.config):
        report.warn(
            Code.TIED_HEAD,
            f"`{head.name}` is stored, but config.json of `{donor.name}` ties it to the embedding",
            donor.model.span,
            "some loaders use it, others the embedding; here the two are merged alike",
            help=f'to leave it out: `output … {{ drop = "{head.name}" }}`',
        )
    return None


def _pair(assignments: tuple[Assignment, ...]) -> tuple[Assignment, Assignment] | None:
    """The head and the embedding that could be tied: two tensors of one shape."""
    embeddings = [a for a in assignments if "embedding" in a.place.roles and len(a.type.shape) == 2]
    for head in assignments:
        if "head" in head.place.roles:
            for embedding in embeddings:
                if embedding.type.shape == head.type.shape and embedding is not head:
                    return head, embedding
    return None


def _is_redundant(head: Assignment, embedding: Assignment, catalog: Catalog) -> bool:
    tied = all(is_tied(catalog.models[s.model].config) for s in stored_operands(head))
    return tied and _are_alike(head, embedding)


def _are_alike(one: Operand, other: Operand) -> bool:
    """Whether the two are made of the same models in the same way, and neither stands in for another tensor."""
    if isinstance(one, Stored):
        return isinstance(other, Stored) and one.model == other.model and not one.note
    return (
        isinstance(other, Assignment)
        and one.method == other.method
        and [(b.name, b.input, b.value) for b in one.bound] == [(b.name, b.input, b.value) for b in other.bound]
        and len(one.parts) == len(other.parts)
        and all(map(_are_alike, one.parts, other.parts))
    )


def _without_head(recipe: Recipe, catalog: Catalog, assignments: tuple[Assignment, ...], report: Report) -> bool | None:
    donor = catalog.models[recipe.output.donor]
    shapes = {a.type.shape for a in assignments if "embedding" in a.place.roles and len(a.type.shape) == 2}
    stored = [
        e.name
        for e in donor.checkpoint.tensors
        if "head" in donor.anatomy.place(e.name).roles and e.type.shape in shapes
    ]
    if not stored or recipe.output.drop or is_tied(donor.config):
        return None
    embedded = [s for a in assignments if "embedding" in a.place.roles for s in stored_operands(a)]
    if embedded and all(is_tied(catalog.models[s.model].config) for s in embedded):
        return True
    report.error(
        Code.MISSING_TENSOR,
        f"the output has no `{stored[0]}`, and config.json of `{donor.name}` does not tie it to the embedding",
        recipe.root.span,
        help="take the end of the stack from a model that stores its head",
    )
    return None

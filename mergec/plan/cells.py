"""Tensors of a model, merge or stack before parameters are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mergec.core.anatomy import Place
from mergec.plan.assignment import Stored
from mergec.recipe import Merge


@dataclass(frozen=True, slots=True)
class Cell:
    """One tensor: its name and place in the view, and what it is made of."""

    name: str
    place: Place
    content: Stored | Merged


@dataclass(frozen=True, slots=True)
class Merged:
    """Made by a merge; `place` is the place in that merge, whatever a stack makes of it later."""

    merge: Merge
    place: Place
    operands: tuple[Cell, ...]
    base: Cell | None

    @property
    def parts(self) -> tuple[Cell, ...]:
        """The operands, and the base where it is not one of them."""
        return self.operands if self.base is None else (*self.operands, self.base)


@dataclass(frozen=True, slots=True)
class View:
    """All cells by name; `main` is the prefix of the stack that ranges of layers count, if there is one."""

    cells: Mapping[str, Cell]
    main: str | None

    @property
    def layers(self) -> int:
        """Number of layers of the main stack."""
        return next((c.place.layers for c in self.cells.values() if c.place.stack == self.main), 0)


def stored_of(cell: Cell) -> Stored:
    """The stored tensor behind a cell; of a merge, that of its first input."""
    content = cell.content
    return content if isinstance(content, Stored) else stored_of(content.operands[0])


def all_stored(cell: Cell) -> tuple[Stored, ...]:
    """Every stored tensor behind a cell, each once, in the order written, the base last."""
    if isinstance(cell.content, Stored):
        return (cell.content,)
    found: dict[tuple[int, str], Stored] = {}
    waiting = [cell]
    while waiting:
        content = waiting.pop().content
        if isinstance(content, Stored):
            found.setdefault((content.model, content.entry.name), content)
        else:
            waiting.extend(reversed(content.parts))
    return tuple(found.values())

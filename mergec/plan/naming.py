"""One naming for all models: the donor's, whose config.json the output takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from mergec.core.anatomy import Anatomy, Place
from mergec.plan.cells import Cell

Rename = Callable[[str], str]


def renaming(anatomy: Anatomy, donor: Anatomy) -> Rename | None:
    """How a model's names become the donor's, where one of the two has its names under a prefix more; else None.

    Layers are compared by their parts, so that the two may have different numbers of layers.
    """
    if anatomy is donor:
        return None
    own, known = _templates(anatomy), _templates(donor)
    if 2 * len(own & known) > len(own):
        return None
    for prefix in dict.fromkeys(_first_part(t) for t in sorted(known | own)):
        for rename in (_adding(prefix), _removing(prefix)):
            if 10 * len({rename(t) for t in own} & known) >= 9 * len(own):
                return rename
    return None


def renamed(cells: Iterable[Cell], rename: Rename) -> Iterable[Cell]:
    """The cells under their new names."""
    for cell in cells:
        place = cell.place
        name = rename(cell.name)
        if place.layer is None:
            yield replace(cell, name=name, place=replace(place, suffix=name))
        else:
            yield replace(cell, name=name, place=replace(place, stack=rename(place.stack)))


def _templates(anatomy: Anatomy) -> set[str]:
    return {_template(name, place) for name, place in anatomy.places}


def _template(name: str, place: Place) -> str:
    return name if place.layer is None else f"{place.stack}#.{place.suffix}"


def _first_part(name: str) -> str:
    return name.split(".", 1)[0] + "."


def _adding(prefix: str) -> Rename:
    return lambda name: prefix + name


def _removing(prefix: str) -> Rename:
    return lambda name: name.removeprefix(prefix)

"""Where a tensor stands in its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType


class Position(Enum):
    """Relative to the layers of the model."""

    BEFORE = "before"
    LAYER = "layer"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one tensor stands.

    stack: the prefix before the layer index, such as `model.layers.`; empty outside the layers.
    layer: index in that stack; None outside. suffix: the name after the index and its dot.
    layers: number of layers in the stack; 0 outside.
    roles: what the tensor does: `attention`, `mlp`, `norm`, `bias`, `embedding`, `head`, `expert`, `router`,
        `q k v o gate up down`, and `buffer` for values that a model recomputes when it loads.
    """

    position: Position
    stack: str
    layer: int | None
    layers: int
    suffix: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stack:
    """A run of layers: the name prefix before the index, and how many there are."""

    prefix: str
    layers: int


@dataclass(frozen=True, slots=True)
class Anatomy:
    """All stacks of a model and the place of each tensor, in the order of the names given.

    main: the stack that layer ranges count (the language model's), or None where that is not clear.
    """

    stacks: tuple[Stack, ...]
    main: Stack | None
    places: tuple[tuple[str, Place], ...]
    _by_name: Mapping[str, Place] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", MappingProxyType(dict(self.places)))

    def place(self, name: str) -> Place:
        """The place of a tensor of the model."""
        return self._by_name[name]


@dataclass(frozen=True, slots=True)
class LayerCount:
    """A number of layers that config.json states: the path of keys to it, and the number."""

    keys: tuple[str, ...]
    layers: int

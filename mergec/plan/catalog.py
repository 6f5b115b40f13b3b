"""The opened models of a recipe: headers and configs, no weights."""

from __future__ import annotations

from dataclasses import dataclass

from mergec.checkpoint import Checkpoint
from mergec.core.anatomy import Anatomy
from mergec.recipe import Model
from mergec.sidecar import Config


@dataclass(frozen=True, slots=True)
class OpenedModel:
    """One model: what the recipe calls it, its tensors, their places, its config.json."""

    model: Model
    checkpoint: Checkpoint
    anatomy: Anatomy
    config: Config

    @property
    def name(self) -> str:
        return self.model.name


@dataclass(frozen=True, slots=True)
class Catalog:
    """The models in the order of the recipe. Two models of one reference share what was opened."""

    models: tuple[OpenedModel, ...]

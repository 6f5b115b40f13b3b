"""A mergekit recipe as checked and understood: what the YAML said, before it becomes a tree."""

from __future__ import annotations

from dataclasses import dataclass

from mergec.diagnostics import Span
from mergec.syntax.tree import Expression, Name, NameUse, Number, Text


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model as the recipe names it. Two references are the same model if path and revision are equal."""

    path: str
    revision: str | None
    span: Span

    @property
    def key(self) -> tuple[str, str | None]:
        return self.path, self.revision

    @property
    def text(self) -> str:
        return self.path if self.revision is None else f"{self.path}@{self.revision}"


@dataclass(frozen=True, slots=True)
class Conditional:
    """One value of a setting, for the tensors whose names hold `filter`, or for all. `span` is all of it as written."""

    filter: Text | None
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Setting:
    """A parameter and its values; of the conditionals that match a tensor the first wins."""

    name: Name
    conditionals: tuple[Conditional, ...]


@dataclass(frozen=True, slots=True)
class InputForm:
    """An entry of `models` or `sources`; `layers` are first and end, None for the whole model."""

    model: ModelRef
    layers: tuple[Number, Number] | None
    settings: tuple[Setting, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SliceForm:
    """An entry of `slices`, or the whole of `models`."""

    inputs: tuple[InputForm, ...]
    base: ModelRef | None
    settings: tuple[Setting, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class MergeForm:
    """A recipe.

    list_key: `models` or `slices`, as written. donor: the key `base_model` and what it names.
    dtype: the key `out_dtype` or else `dtype`, and the canonical name of the type.
    """

    method: Name
    list_key: Name
    slices: tuple[SliceForm, ...]
    donor: tuple[Name, ModelRef] | None
    settings: tuple[Setting, ...]
    dtype: tuple[Name, NameUse] | None
    span: Span
    requirements: tuple[Text, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether whole models are merged, rather than slices of them."""
        return self.list_key.text == "models"

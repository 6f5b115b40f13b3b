"""What tells the inputs of a merge apart, whatever their order and wherever their files lie."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

from mergec.plan.assignment import Assignment, Bound, Operand, Stored
from mergec.plan.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Identities:
    """Texts for operands. Those of merges are digests, found once each, as merges may share what they are made of."""

    catalog: Catalog
    _sources: dict[int, tuple[Assignment, str]] = field(default_factory=dict)
    _keys: dict[int, tuple[Assignment, str]] = field(default_factory=dict)
    _texts: dict[tuple[int, ...], tuple[str, ...]] = field(default_factory=dict)
    """The texts of operands that are all stored, by their models."""
    _orders: dict[tuple[int, ...], tuple[int, ...]] = field(default_factory=dict)
    """The same for their order, where their models alone decide it."""
    _moved: dict[tuple[int, tuple[int, ...]], tuple[tuple[Bound, ...], tuple[Bound, ...]]] = field(default_factory=dict)
    """Values in another order, by the identity of the tuple that they are in, and by that order."""

    def sources(self, operands: tuple[Operand, ...]) -> tuple[str, ...]:
        """One text per operand: its model's reference as the recipe writes it, numbered where it is not the first."""
        models = _models(operands)
        if models in self._texts:
            return self._texts[models]
        texts = [self._source(o) for o in operands]
        counts = [texts[:i].count(t) for i, t in enumerate(texts)]
        found = tuple(f"{t}#{n + 1}" if n else t for t, n in zip(texts, counts, strict=True))
        return self._texts.setdefault(models, found) if models else found

    def ordered(
        self, operands: tuple[Operand, ...], bound: tuple[Bound, ...]
    ) -> tuple[tuple[Operand, ...], tuple[Bound, ...]]:
        """The operands, each with its own values, in an order that does not depend on that of the recipe."""
        order = self._order(operands, bound)
        if (id(bound), order) not in self._moved:
            self._moved[id(bound), order] = bound, _reordered(bound, order)
        return tuple(operands[i] for i in order), self._moved[id(bound), order][1]

    def _order(self, operands: tuple[Operand, ...], bound: tuple[Bound, ...]) -> tuple[int, ...]:
        """The number that each operand has now, in the order that they are to have."""
        models = _models(operands)
        if models in self._orders:
            return self._orders[models]
        # Models before merges, then what is the same for all tensors of a model, so that its tensors have one order.
        keys = [
            (isinstance(o, Assignment), self._source(o), self._key(o), _values(bound, i))
            for i, o in enumerate(operands)
        ]
        order = tuple(sorted(range(len(operands)), key=keys.__getitem__))
        are_apart = models and len({source for _, source, _, _ in keys}) == len(keys)
        return self._orders.setdefault(models, order) if are_apart else order

    def _source(self, operand: Operand) -> str:
        """The model's reference; of a merge, its method and a digest of its parts' texts."""
        if isinstance(operand, Stored):
            return self.catalog.models[operand.model].model.reference
        if id(operand) not in self._sources:
            parts = (self._source(o) for o in operand.parts)
            self._sources[id(operand)] = operand, f"{operand.action} {_digest(*parts)}"
        return self._sources[id(operand)][1]

    def _key(self, operand: Operand) -> str:
        """The model's reference and the tensor's name; of a merge, a digest of its method, parts and values."""
        if isinstance(operand, Stored):
            return f"{self.catalog.models[operand.model].model.reference}\0{operand.entry.name}"
        if id(operand) not in self._keys:
            parts = (self._key(o) for o in operand.parts)
            values = (f"{b.input} {b.name} {b.value!r}" for b in operand.bound)
            self._keys[id(operand)] = operand, _digest(operand.action, *parts, *values)
        return self._keys[id(operand)][1]


def _models(operands: tuple[Operand, ...]) -> tuple[int, ...]:
    """The models of operands that are all stored; nothing if some are not."""
    models = tuple([o.model for o in operands if isinstance(o, Stored)])
    return models if len(models) == len(operands) else ()


def _reordered(bound: tuple[Bound, ...], order: tuple[int, ...]) -> tuple[Bound, ...]:
    """The values of operands that are put into another order."""
    places = {old: new for new, old in enumerate(order)}
    moved = [b if b.input is None else replace(b, input=places[b.input]) for b in bound]
    params = {name: i for i, name in enumerate(dict.fromkeys(b.name for b in bound))}
    moved.sort(key=lambda b: (params[b.name], b.input or 0))
    return tuple(moved)


def _values(bound: tuple[Bound, ...], index: int) -> tuple[str, ...]:
    return tuple(f"{b.name} {b.value!r}" for b in bound if b.input == index)


def _digest(*texts: str) -> str:
    return hashlib.blake2b("\0".join(texts).encode(), digest_size=8).hexdigest()

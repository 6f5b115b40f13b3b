"""Tensors of one kind: the same part of every layer, or one tensor outside the layers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mergec.core.anatomy import Position
from mergec.core.params import Param, Scope
from mergec.plan.assignment import Assignment

_INDEX = re.compile(r"(?<=\.)[0-9]+(?=\.)")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of tensor: `label` is what comes after the layer index, without `.weight`, experts' indices as `*`."""

    position: Position
    stack: str
    label: str
    layers: int
    members: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class Shade:
    """What a t-map is drawn of: a parameter, and of which input if it has one value per input."""

    param: Param
    input: int | None

    def of(self, assignment: Assignment) -> float | None:
        """The value at a tensor; None where the parameter says nothing."""
        for bound in assignment.bound:
            if bound.name == self.param.name and bound.input == self.input:
                return None if bound.value is None or isinstance(bound.value, str) else float(bound.value)
        return None


def kinds_of(assignments: tuple[Assignment, ...]) -> tuple[Kind, ...]:
    """All kinds, in the order of the output: before the layers, in them, after them."""
    groups: dict[tuple[Position, str, str], list[Assignment]] = {}
    for assignment in assignments:
        place = assignment.place
        inside = place.position is Position.LAYER
        label = (_INDEX.sub("*", place.suffix) if inside else assignment.name).removesuffix(".weight")
        groups.setdefault((place.position, place.stack if inside else "", label), []).append(assignment)
    ranks = {Position.BEFORE: 0, Position.LAYER: 1, Position.AFTER: 2}
    ordered = sorted(groups.items(), key=lambda item: ranks[item[0][0]])
    return tuple(
        Kind(position, stack, label, members[0].place.layers, tuple(members))
        for (position, stack, label), members in ordered
    )


def shades_of(assignments: tuple[Assignment, ...]) -> tuple[Shade, ...]:
    """The parameters worth drawing: what each method in use is shaded by, one per input where it has one each."""
    found: dict[str, Shade] = {}
    for assignment in assignments:
        method = assignment.method
        param = method.param(method.shade) if method is not None and method.shade else None
        if param is None:
            continue
        if param.scope is Scope.SHARED:
            found.setdefault(param.name, Shade(param, None))
            continue
        for i in range(len(assignment.operands)):
            found.setdefault(f"{param.name} {i}", Shade(param, i))
    return tuple(s for s in found.values() if any(s.of(a) is not None for a in assignments))


def folded(kinds: tuple[Kind, ...], shade: Shade | None) -> tuple[tuple[str, tuple[Kind, ...]], ...]:
    """Kinds under one label where they lie in one module and share every method, value and rule."""
    groups: dict[object, list[Kind]] = {}
    for kind in kinds:
        module = kind.label.split(".", 1)[0] if kind.position is Position.LAYER else kind.label
        groups.setdefault((kind.position, kind.stack, module, _signature(kind, shade)), []).append(kind)
    counts: dict[tuple[str, str], int] = {}
    for group in groups.values():
        key = (group[0].stack, group[0].label.split(".", 1)[0])
        counts[key] = counts.get(key, 0) + 1
    return tuple((_label(g, counts[g[0].stack, g[0].label.split(".", 1)[0]] == 1), tuple(g)) for g in groups.values())


def _signature(kind: Kind, shade: Shade | None) -> tuple[object, ...]:
    return tuple(
        dict.fromkeys(
            (
                a.place.layer,
                a.action,
                a.fallback_of,
                shade.of(a) if shade else None,
                tuple((b.name, b.value, b.origin) for b in a.bound),
            )
            for a in kind.members
        )
    )


def _label(group: list[Kind], is_whole_module: bool) -> str:
    if len(group) == 1:
        return group[0].label
    module = group[0].label.split(".", 1)[0]
    if is_whole_module:
        return f"{module}.*"
    rest = [k.label.split(".", 1)[-1] for k in group]
    shown = ",".join(rest[:4]) + (",…" if len(rest) > 4 else "")
    return f"{module}.{{{shown}}}"

"""The layers, stacks and roles of a model, inferred from the names of its tensors."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate

from mergec.checkpoint.roles import read_position, read_roles
from mergec.checkpoint.stacks import Parts, count_layers, cuts, find_stacks, main_stack, prefix_at, without_indexes
from mergec.contract.architecture import Architecture
from mergec.core.anatomy import Anatomy, LayerCount, Place, Position, Stack

_NOTHING_KNOWN = Architecture("", ())


def infer_anatomy(
    names: tuple[str, ...], counts: tuple[LayerCount, ...], architecture: Architecture | None = None
) -> Anatomy:
    """Where every tensor stands.

    names: all tensors of the model. counts: the numbers of layers config.json states, the language model's first.
    architecture: naming rules that stand above what the names suggest.

    `stack + str(layer) + "." + suffix` is a tensor's name in a layer; outside the layers `suffix` is the whole name.
    Layers that predict further tokens (deepseek-v3's 61st) stand in the list of the model's layers but are not
    counted among them: they come after. Stacks are sorted by prefix. Takes time linear in the number of names.
    """
    given = architecture or _NOTHING_KNOWN
    split = [tuple(name.split(".")) for name in names]
    stacks = count_layers(split, given.stacks) if given.stacks else find_stacks(split, counts)
    place = _placer({stack.prefix: stack for stack in stacks}, given)
    return Anatomy(
        stacks, _main(stacks, counts, given), tuple((n, place(n, p)) for n, p in zip(names, split, strict=True))
    )


def _main(stacks: tuple[Stack, ...], counts: tuple[LayerCount, ...], given: Architecture) -> Stack | None:
    if given.main is not None:
        return next((stack for stack in stacks if stack.prefix == given.main), None)
    return None if given.stacks else main_stack(stacks, counts)


def _placer(stacks: dict[str, Stack], given: Architecture) -> Callable[[str, Parts], Place]:
    """A function from a tensor's name and its components to its place; it reads each kind of tensor once."""
    known: dict[tuple[Parts, bool], frozenset[str]] = {}
    suffixes: dict[Parts, str] = {}
    added = tuple((role, re.compile(translate(glob)).match) for role, glob in given.roles)
    after = tuple(re.compile(translate(glob)).match for glob in given.after)

    def roles_of(name: str, parts: Parts, inside: bool) -> frozenset[str]:
        kind = without_indexes(parts)
        if (kind, inside) not in known:
            known[kind, inside] = read_roles(kind, inside)
        more = [role for role, matches in added if matches(name)] if added else ()
        return known[kind, inside].union(more) if more else known[kind, inside]

    def place(name: str, parts: Parts) -> Place:
        home = _home(parts, stacks)
        if home is None:
            roles = roles_of(name, parts, False)
            late = any(matches(name) for matches in after)
            position = Position.AFTER if late else read_position(parts, roles)
            return Place(position, "", None, 0, name, roles)
        stack, cut = home
        rest = parts[cut + 1 :]
        layer, roles = int(parts[cut]), roles_of(name, rest, True)
        if layer >= stack.layers:
            return Place(Position.AFTER, "", None, 0, name, roles)
        suffix = suffixes.get(rest) or suffixes.setdefault(rest, ".".join(rest))
        return Place(Position.LAYER, stack.prefix, layer, stack.layers, suffix, roles)

    return place


def _home(parts: Parts, stacks: dict[str, Stack]) -> tuple[Stack, int] | None:
    """The stack a tensor belongs to, and where in its name the layer's index stands."""
    for cut in cuts(parts):
        stack = stacks.get(prefix_at(parts, cut))
        if stack is not None:
            return stack, cut
    return None

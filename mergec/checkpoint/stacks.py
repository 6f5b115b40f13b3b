"""Which numbered runs of modules are stacks of layers, and which of them is the language model's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from mergec.checkpoint.roles import MIXERS, read_roles
from mergec.core.anatomy import LayerCount, Stack

Parts = tuple[str, ...]
_Cut = tuple[Parts, tuple[int, ...]]
"""A name's components, and where its indexes stand."""

MARKS_OF_EXTRA_LAYERS = frozenset({"eh_proj", "enorm", "hnorm", "shared_head", "nextn"})
"""Modules of layers that predict further tokens; they follow the model's own layers in the same list."""

_NOT_LAYERS = re.compile(r"(?:^|_)(?:mergers?|merger_list|projectors?|connectors?|heads?|classifiers?|experts)$")
_LAYERS = re.compile(r"^(?:layers?|blocks?|h)$")
_SENSES = re.compile(r"vision|visual|image|pixel|audio|speech|sound|video|^(?:vit|vpm|apm|img)$")
_AUXILIARY = re.compile(
    r"^mtp|_mtp|resampler|perceiver|qformer|talker|code2wav|token2wav|cross_attn|depth_|codec|connector|projector|adapter"
    r"|merger|vqmodel|vqgan|(?:^|\.)dit\."
)


@dataclass(slots=True)
class _Run:
    """Names that share a prefix before an index: a stack of layers, perhaps."""

    prefix: str
    names: list[_Cut] = field(default_factory=list)
    kinds: dict[int, set[Parts]] = field(default_factory=dict)
    """For each index, the names after it, their own indexes left out."""

    @property
    def length(self) -> int:
        return max(self.kinds) + 1


@lru_cache(maxsize=16384)
def is_index(part: str) -> bool:
    """Whether a component is a list index as torch writes it."""
    return part.isdecimal() and part.isascii() and len(part) <= 6 and (part == "0" or part[0] != "0")


def cuts(parts: Parts) -> tuple[int, ...]:
    """Where in a name an index stands that has components on both sides: the outermost four."""
    return tuple([i for i in range(1, len(parts) - 1) if is_index(parts[i])][:4])


def prefix_at(parts: Parts, cut: int) -> str:
    """What stands before an index, its dot included."""
    return ".".join(parts[:cut]) + "."


@lru_cache(maxsize=16384)
def without_indexes(parts: Parts) -> Parts:
    """The components that are words; all of them if none is."""
    return tuple([part for part in parts if not is_index(part)]) or parts


def find_stacks(names: Iterable[Parts], counts: tuple[LayerCount, ...]) -> tuple[Stack, ...]:
    """The stacks of layers, sorted by prefix; `counts` are the numbers of layers that config.json states.

    Where none is found, as in networks of convolutions, any run of like blocks will do, and one tensor a layer where
    their number is one that is stated.
    """
    stated = frozenset(count.layers for count in counts)
    numbered = [(parts, where) for parts in names if (where := cuts(parts))]
    found = tuple(_search(numbered, 0, stated)) or tuple(_search(numbered, 0, stated, strict=False))
    return tuple(sorted(found, key=lambda stack: stack.prefix))


def count_layers(names: Iterable[Parts], prefixes: tuple[str, ...]) -> tuple[Stack, ...]:
    """The stacks at given prefixes, with as many layers as the highest index says; absent ones left out."""
    runs = {run.prefix: run for run in _runs([(parts, cuts(parts)) for parts in names], None)}
    return tuple(Stack(prefix, runs[prefix].length) for prefix in sorted(set(prefixes)) if prefix in runs)


def main_stack(stacks: tuple[Stack, ...], counts: tuple[LayerCount, ...]) -> Stack | None:
    """The language model's stack, or None where several could be meant, as in an encoder with a decoder."""
    candidates = _language(stacks)
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    if {"encoder", "decoder"} <= {part for stack in candidates for part in stack.prefix.split(".")}:
        return None
    for count in counts:
        agreeing = [stack for stack in candidates if stack.layers == count.layers]
        if agreeing:
            return agreeing[0] if len(agreeing) == 1 else None
    return None


def _language(stacks: tuple[Stack, ...]) -> tuple[Stack, ...]:
    own = tuple(stack for stack in stacks if not _AUXILIARY.search(stack.prefix)) or stacks
    return tuple(s for s in own if not any(_SENSES.search(part) for part in s.prefix.split("."))) or own


def _search(names: list[_Cut], level: int, stated: frozenset[int], strict: bool = True) -> Iterator[Stack]:
    """Stacks at the given level of indexes; names in runs that are none are searched a level further in."""
    rest: list[_Cut] = []
    for run in _runs(names, level):
        if _is_stack(run, stated, strict) and not _holds_the_stack(run, level, stated):
            yield Stack(run.prefix, _own_layers(run))
        else:
            rest.extend(run.names)
    if rest:
        yield from _search(rest, level + 1, stated, strict)


def _runs(names: list[_Cut], level: int | None) -> tuple[_Run, ...]:
    """Names grouped by the prefix of their index at `level`, or by those of all their indexes if None."""
    runs: dict[str, _Run] = {}
    for parts, found in names:
        for cut in found if level is None else found[level : level + 1]:
            prefix = prefix_at(parts, cut)
            run = runs.get(prefix) or runs.setdefault(prefix, _Run(prefix))
            run.names.append((parts, found))
            run.kinds.setdefault(int(parts[cut]), set()).add(without_indexes(parts[cut + 1 :]))
    return tuple(runs.values())


def _is_stack(run: _Run, stated: frozenset[int], strict: bool) -> bool:
    """Layers are numbered from 0, are modules of modules, have something in common, and attend or are counted.

    strict: one that neither attends nor is counted is none, nor is one with a single tensor in each layer.
    """
    if len(run.names) < 2 or _NOT_LAYERS.search(run.prefix[:-1].rpartition(".")[2]):
        return False
    if run.length != len(run.kinds) and run.length not in stated:
        return False
    common = Counter(kind for kinds in run.kinds.values() for kind in kinds)
    if 2 * sum(len(kind) > 1 for kind in common) < len(common) or 2 * max(common.values()) <= len(run.kinds):
        return False
    if not strict and len(common) == 1 and run.length in stated and len(run.kinds) > 1:
        return _LAYERS.match(run.prefix[:-1].rpartition(".")[2]) is not None
    if any(_attends(kind) for kind in common):
        return len(common) > 1
    counted = run.length in stated if strict else len(run.kinds) > 1
    return counted and len({kind[:-1] for kind in common}) > 2


def _attends(kind: Parts) -> bool:
    return "attention" in read_roles(kind, inside=True) or any(part.lower() in MIXERS for part in kind)


def _holds_the_stack(run: _Run, level: int, stated: frozenset[int]) -> bool:
    """A list of one module that config.json does not count, with a list inside that it does."""
    if len(run.kinds) > 1 or 1 in stated:
        return False
    return any(stack.layers in stated for stack in _search(run.names, level + 1, stated))


def _own_layers(run: _Run) -> int:
    """The length without trailing layers that predict further tokens."""
    length = run.length
    while length and any(MARKS_OF_EXTRA_LAYERS.intersection(kind) for kind in run.kinds.get(length - 1, ())):
        length -= 1
    return length or run.length

"""Ranges of layers in selectors that reach past the layers there are."""

from __future__ import annotations

from collections.abc import Iterator

from mergec.core.units import counted
from mergec.diagnostics import Code, Report
from mergec.recipe import Merge
from mergec.syntax import tree


class Reach:
    """Notes how many layers each merge has, and then compares its selectors with that."""

    def __init__(self) -> None:
        self._layers: dict[int, int] = {}
        self._merges: dict[int, Merge] = {}

    def note(self, merge: Merge, layers: int) -> None:
        """One of the stacks of a merge has so many layers."""
        self._merges[id(merge)] = merge
        self._layers[id(merge)] = max(layers, self._layers.get(id(merge), 0))

    def finish(self, report: Report) -> None:
        """Warn of each range that no merge with its rule has layers for."""
        most: dict[tree.InLayers, int] = {}
        for number, merge in self._merges.items():
            selectors = (r.selector for rules in (merge.method_rules, merge.rules) for r in rules)
            for selector in selectors:
                for chosen in _ranges(selector):
                    most[chosen] = max(self._layers[number], most.get(chosen, 0))
        for chosen, layers in most.items():
            if _overreaches(chosen, layers):
                report.warn(
                    Code.LAYERS_OUT_OF_RANGE,
                    f"`{chosen.span.text}` reaches beyond the {counted(layers, 'layer')} there are",
                    chosen.span,
                    _clamped(chosen, layers),
                    help="leave out the first or the last number to reach as far as there are layers: `layers[4..]`",
                )


def _ranges(selector: tree.Selector | None) -> Iterator[tree.InLayers]:
    match selector:
        case tree.InLayers():
            yield selector
        case tree.Not():
            yield from _ranges(selector.operand)
        case tree.And() | tree.Or():
            yield from _ranges(selector.left)
            yield from _ranges(selector.right)


def _overreaches(chosen: tree.InLayers, layers: int) -> bool:
    return layers > 0 and any(
        bound is not None and not -layers <= bound <= layers for bound in (chosen.first, chosen.end)
    )


def _clamped(chosen: tree.InLayers, layers: int) -> str:
    first, end, _ = slice(chosen.first, chosen.end).indices(layers)
    return f"taken as `layers[{first}..{end}]`" if first < end else "none of these"

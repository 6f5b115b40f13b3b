"""What rules expect of the layers that there are: selectors that reach past them, values that need more than one."""

from __future__ import annotations

from collections.abc import Iterator

from mergec.core.units import counted
from mergec.diagnostics import Code, Report, Span
from mergec.recipe import Curve, Merge, ValueExpr
from mergec.recipe.values import Apply, PlaceOf
from mergec.syntax import tree


class Reach:
    """Notes how many layers each merge has, and then compares its rules with that."""

    def __init__(self) -> None:
        self._layers: dict[int, int] = {}
        self._merges: dict[int, Merge] = {}

    def note(self, merge: Merge, layers: int) -> None:
        """One of the stacks of a merge has so many layers."""
        self._merges[id(merge)] = merge
        self._layers[id(merge)] = max(layers, self._layers.get(id(merge), 0))

    def finish(self, report: Report) -> None:
        """Warn of each range that no merge with its rule has layers for, and of each curve that only ever has one."""
        ranges: dict[tree.InLayers, int] = {}
        curves: dict[Span, int] = {}
        for number, merge in self._merges.items():
            layers = self._layers[number]
            for selector in (r.selector for rules in (merge.method_rules, merge.rules) for r in rules):
                for chosen in _ranges(selector):
                    ranges[chosen] = max(layers, ranges.get(chosen, 0))
            for rule in merge.rules:
                if _follows_depth(rule.value):
                    curves[rule.value.span] = max(layers, curves.get(rule.value.span, 0))
        for chosen, layers in ranges.items():
            if _overreaches(chosen, layers):
                _warn_of_range(chosen, layers, report)
        for span, layers in curves.items():
            if layers == 1:
                _warn_of_curve(span, report)


def _warn_of_range(chosen: tree.InLayers, layers: int, report: Report) -> None:
    report.warn(
        Code.LAYERS_OUT_OF_RANGE,
        f"`{chosen.span.text}` reaches beyond the {counted(layers, 'layer')} there are",
        chosen.span,
        _clamped(chosen, layers),
        help="leave out the first or the last number to reach as far as there are layers: `layers[4..]`",
    )


def _warn_of_curve(span: Span, report: Report) -> None:
    report.warn(
        Code.CONSTANT_CURVE,
        "this value changes with depth, and what it is for has one layer",
        span,
        "read at depth 0",
        help="depth counts the layers of the merge the rule stands in; in a stack, `for` gives each part a number",
    )


def _follows_depth(value: ValueExpr) -> bool:
    match value:
        case PlaceOf():
            return value.what == "depth"
        case Curve():
            return not value.as_gradient and len(value.points) > 1
        case Apply():
            return any(_follows_depth(a) for a in value.arguments)
        case _:
            return False


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

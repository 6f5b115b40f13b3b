"""Where mergekit's reading of a recipe surprises: kept, and said."""

from __future__ import annotations

from mergec.core.anatomy import Position
from mergec.diagnostics import Code, Report
from mergec.plan.select import Subject
from mergec.recipe import Constant, Curve, Rule, shown
from mergec.syntax import tree


def warn_of_gradient(rule: Rule, subject: Subject, report: Report) -> None:
    """Say what is surprising about the value of the rule that won for a tensor."""
    if isinstance(rule.value, Curve) and rule.value.as_gradient:
        _gradient(rule.value, subject, report)


def warn_of_filter(rule: Rule, subject: Subject, report: Report) -> None:
    """Say what is surprising about the filter of the rule that won for a tensor."""
    if isinstance(rule.selector, tree.Contains):
        _filter(rule.selector, subject, report)


def _gradient(value: Curve, subject: Subject, report: Report) -> None:
    ends = [p.value for p in value.points if isinstance(p, Constant)]
    if len(ends) < 2 or ends[0] == ends[-1]:
        return
    if subject.place.position is Position.AFTER:
        report.warn(
            Code.QUIRK_CURVE_OUTSIDE_LAYERS,
            "tensors after the layers read this gradient at its first value, as in mergekit",
            value.span,
            f"the final norm and the head get {shown(ends[0])}, not {shown(ends[-1])}",
            help="give them a value of their own with a filter",
        )
    elif subject.place.layers == 1:
        report.warn(
            Code.QUIRK_ONE_LAYER_SLICE,
            "a slice of one layer reads this gradient at its last value, as in mergekit",
            value.span,
            f"the layer gets {shown(ends[-1])}",
            help="give such a slice a single value",
        )


def _filter(selector: tree.Contains, subject: Subject, report: Report) -> None:
    end = subject.filtered.find(selector.text) + len(selector.text)
    if selector.text[-1:].isdigit() and subject.filtered[end : end + 1].isdigit():
        report.warn(
            Code.QUIRK_SUBSTRING_FILTER,
            f"a filter is a plain substring, as in mergekit: `{selector.text}` also matches longer numbers",
            selector.span,
            "as it does in some of the tensors here",
            help=f"end it with a dot, `{selector.text}.`, to mean this layer alone",
        )

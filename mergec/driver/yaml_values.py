"""Selectors and values of rules as the filters and lists of mergekit YAML, where these can say the same."""

from __future__ import annotations

import re

from mergec.diagnostics import Code, Report
from mergec.recipe import Constant, Curve, Rule, ValueExpr, ValueProblem, evaluate, place_in
from mergec.recipe.values import NOWHERE
from mergec.syntax import tree

IN_LAYERS = ("attn", "attention", "mlp", "layers.", "layernorm", "experts", "q_proj", "k_proj", "v_proj", "o_proj")
"""Parts of names that only tensors of layers have."""

_FILTERS = 'YAML has plain parts of names, which a glob such as `"*mlp*"` says too'


def filters_of(selector: tree.Selector | None, report: Report) -> tuple[str | None, ...]:
    """Texts of which a matching name holds one, None for any name; nothing, after an error, if there are none such."""
    match selector:
        case None:
            return (None,)
        case tree.Contains(text):
            return (text,)
        case tree.Glob(pattern) if not pattern.strip("*") and pattern:
            return (None,)
        case tree.Glob(pattern) if re.fullmatch(r"\*[^*?]+\*", pattern):
            return (pattern[1:-1],)
        case tree.Regex(pattern) if (texts := _literals(pattern)) is not None:
            return texts
        case tree.Or(left, right):
            return (*filters_of(left, report), *filters_of(right, report))
    message = f"mergekit YAML has no word for the selector `{selector.span.text}`"
    report.error(Code.NOT_IN_YAML, message, selector.span, help=_FILTERS)
    return ()


def _literals(pattern: str) -> tuple[str, ...] | None:
    """The texts that a regular expression finds, if all its signs stand for themselves, but for `|`."""
    found = []
    for part in pattern.split("|"):
        text = re.sub(r"\\([^A-Za-z0-9])", lambda match: f"\0{match[1]}", part)
        if re.search(r"(?<!\0)[.^$*+?{}\[\]()\\]", text) or not text:
            return None
        found.append(text.replace("\0", ""))
    return tuple(found)


def value_of(rule: Rule, filter: str | None, layers: int | None, report: Report) -> tree.Expression | None:
    """The value of a rule for the tensors of a filter, in a merge of so many layers, if that is known."""
    if isinstance(rule.value, Curve):
        return _list(rule.value, filter, layers, report)
    return _constant(rule.value, report)


def _constant(value: ValueExpr, report: Report) -> tree.Expression | None:
    place = place_in(value)
    if place is not None:
        what = "a formula over the depth" if isinstance(place, Curve) else f"`{place.what}`"
        help = "write the values as a list: `curve(0, 0.5, 1)`"
        report.error(Code.NOT_IN_YAML, f"mergekit YAML has no formulas: {what} has no spelling", value.span, help=help)
        return None
    try:
        found = value.value if isinstance(value, Constant) else evaluate(value, NOWHERE)
    except ValueProblem as problem:
        report.error(Code.BAD_VALUE, problem.message, problem.span)
        return None
    if isinstance(found, bool):
        return tree.Flag(found, value.span)
    return tree.Text(found, value.span) if isinstance(found, str) else tree.Number(found, value.span)


def _list(curve: Curve, filter: str | None, layers: int | None, report: Report) -> tree.Expression | None:
    points = tuple(_constant(point, report) for point in curve.points)
    known = tuple(point for point in points if point is not None)
    if len(known) < len(points):
        return None
    first, last = known[0], known[-1]
    ends_alike = _plain(first) == _plain(last)
    if curve.as_gradient or ends_alike or (_is_in_layers(filter) and layers != 1):
        return tree.Call(tree.Name("gradient", curve.span), known, (), (), curve.span)
    if _is_in_layers(filter):
        return first
    report.error(
        Code.NOT_IN_YAML,
        "the final norm and the head read this curve at its end, and a list of mergekit YAML at its start",
        curve.span,
        help="`gradient(…)` in place of `curve(…)` is such a list",
    )
    return None


def _plain(value: tree.Expression) -> object:
    return value.value if isinstance(value, tree.Number | tree.Flag | tree.Text) else None


def _is_in_layers(filter: str | None) -> bool:
    """Whether only tensors of layers have such names."""
    return filter is not None and any(part in filter for part in IN_LAYERS)

"""Selectors and values of rules as the filters and lists of mergekit YAML, where these can say the same."""

from __future__ import annotations

import re

from mergec.diagnostics import Code, Report
from mergec.driver.shifted_filters import Range, shifted
from mergec.recipe import Constant, Curve, Rule, ValueExpr, ValueProblem, evaluate, place_in
from mergec.recipe.values import NOWHERE
from mergec.syntax import tree

IN_LAYERS = ("attn", "attention", "mlp", "layers.", "layernorm", "experts", "q_proj", "k_proj", "v_proj", "o_proj")
"""Parts of names that only tensors of layers have."""

_FILTERS = 'YAML has plain parts of names, which a glob such as `"*mlp*"` says too'


def filters_of(selector: tree.Selector | None, layers: Range, report: Report) -> tuple[str | None, ...]:
    """Texts of which a matching name holds one, None for any name; nothing, after an error, if there are none such.

    layers: those of the input whose names the filters look at; the selector looks at the names in the output.
    """
    if selector is None:
        return (None,)
    texts = _texts(selector)
    if texts is None:
        message = f"mergekit YAML has no word for the selector `{selector.span.text}`"
        report.error(Code.NOT_IN_YAML, message, selector.span, help=_FILTERS)
        return ()
    if None in texts or not layers.shift:
        return texts
    found: list[str | None] = []
    for text in texts:
        inner = shifted(tree.Contains(str(text), selector.span), layers.back)
        if inner is None:
            message = "mergekit YAML looks for this number in the names of the input, where layers have other numbers"
            report.error(Code.NOT_IN_YAML, message, selector.span, help="write the whole number: `layers.3.`")
        found += [t for one in inner or () for t in _texts(one) or ()]
    return tuple(found)


def _texts(selector: tree.Selector) -> tuple[str | None, ...] | None:
    match selector:
        case tree.Contains(text):
            return (text,)
        case tree.Glob(pattern) if pattern and not pattern.strip("*"):
            return (None,)
        case tree.Glob(pattern) if re.fullmatch(r"\*[^*?]+\*", pattern):
            return (pattern[1:-1],)
        case tree.Regex(pattern):
            return _literals(pattern)
        case tree.Or(left, right) if (first := _texts(left)) is not None and (second := _texts(right)) is not None:
            return first + second
        case _:
            return None


def _literals(pattern: str) -> tuple[str, ...] | None:
    """The texts that a regular expression finds, if its signs stand for themselves, but for `|` and one `(?:…|…)`."""
    group = re.fullmatch(r"((?:[^()|\\]|\\.)*)\(\?:((?:[^()\\]|\\.)*)\)((?:[^()|\\]|\\.)*)", pattern)
    parts = [group[1] + p + group[3] for p in group[2].split("|")] if group else pattern.split("|")
    found = []
    for part in parts:
        text = re.sub(r"\\([^A-Za-z0-9])", lambda match: f"\0{match[1]}", part)
        if re.search(r"(?<!\0)[.^$*+?{}\[\]()\\]", text) or not text:
            return None
        found.append(text.replace("\0", ""))
    return tuple(found)


def value_of(rule: Rule, filter: str | None, layers: int, report: Report) -> tree.Expression | None:
    """The value of a rule for the tensors of a filter, in a merge of so many layers; 0 if that is not known."""
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


def _list(curve: Curve, filter: str | None, layers: int, report: Report) -> tree.Expression | None:
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

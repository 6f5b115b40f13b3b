"""The `parameters` of a mergekit recipe, and the rules of the tree they become."""

from __future__ import annotations

from collections.abc import Iterable

from mergec.diagnostics import Code, Report
from mergec.syntax.mergekit_form import Conditional, Setting
from mergec.syntax.tree import Call, Contains, Expression, Flag, Name, Number, Rule, Text
from mergec.syntax.yaml_keys import given, mapping_of, refuse_unknown, required
from mergec.syntax.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence, is_null, kind_of, shown
from mergec.syntax.yaml_scalars import text_of, value_of

_ONE_VALUE = "a number, true or false, text, or a list of numbers over the layers"


def settings_of(mapping: Mapping, report: Report) -> tuple[Setting, ...]:
    """What the key `parameters` of `mapping` says, in the order written."""
    entry = given(mapping, "parameters")
    parameters = mapping_of(entry.value, "`parameters`", report) if entry else None
    if parameters is None:
        return ()
    found = (_setting(e, report) for e in parameters.entries)
    return tuple(setting for setting in found if setting.conditionals)


def rules_of(settings: Iterable[Setting], index: int | None = None) -> tuple[Rule, ...]:
    """Rules of which the last match wins, for settings of which the first match wins."""
    return tuple(_rule(s.name, c, index) for s in settings for c in reversed(s.conditionals))


def _rule(parameter: Name, conditional: Conditional, index: int | None) -> Rule:
    text = conditional.filter
    selector = None if text is None else Contains(text.value, text.span)
    return Rule(parameter, index, selector, conditional.value, conditional.span)


def _setting(entry: Entry, report: Report) -> Setting:
    return Setting(Name(entry.key.text, entry.key.span), tuple(_conditionals(entry, report)))


def _conditionals(entry: Entry, report: Report) -> list[Conditional]:
    """The values of one parameter; an empty list means that it is not set."""
    node = entry.value
    if isinstance(node, Sequence) and not node.items:
        return []
    if isinstance(node, Sequence) and any(isinstance(item, Mapping) for item in node.items):
        found = [_conditional(item, report) for item in node.items]
    elif isinstance(node, Mapping):
        found = [_conditional(node, report)]
    else:
        value = _value(entry, report)
        found = [Conditional(None, value, entry.span) if value else None]
    return [c for c in found if c is not None]


def _conditional(node: Node, report: Report) -> Conditional | None:
    mapping = mapping_of(node, "an entry of a list with filters", report)
    if mapping is None:
        return None
    refuse_unknown(mapping, ("filter", "value"), "beside `filter` and `value`", report)
    entry = required(mapping, "value", "this entry", "give each filter a `value`", report)
    filter = given(mapping, "filter")
    text = _filter(filter, report) if filter else None
    value = _value(entry, report) if entry else None
    return None if value is None else Conditional(text, value, mapping.span)


def _filter(entry: Entry, report: Report) -> Text | None:
    """None for a filter that every tensor matches."""
    if isinstance(entry.value, Scalar) and entry.value.text in ("", "*"):
        return None
    return text_of(entry, report)


def _value(entry: Entry, report: Report) -> Expression | None:
    match entry.value:
        case Scalar() as scalar if is_null(scalar):
            report.error(
                Code.WRONG_TYPE,
                f"`{shown(entry.key.text)}` has no value",
                entry.place,
                help=f"give it {_ONE_VALUE}, or remove the key",
            )
        case Scalar() as scalar:
            return value_of(scalar, report)
        case Sequence() as sequence if sequence.items:
            return _gradient(sequence, report)
        case Sequence() as sequence:
            report.error(Code.BAD_VALUE, "this list of values is empty", sequence.span)
        case Mapping() as mapping:
            report.error(Code.WRONG_TYPE, "filters do not nest", mapping.span, help=f"a `value` is {_ONE_VALUE}")
    return None


def _gradient(sequence: Sequence, report: Report) -> Call | None:
    """A list of values, spread evenly over the layers."""
    values = [_point(item, report) for item in sequence.items]
    points = tuple(value for value in values if value is not None)
    if len(points) < len(values):
        return None
    return Call(Name("gradient", sequence.span), points, (), (), sequence.span)


def _point(node: Node, report: Report) -> Number | Flag | Text | None:
    if isinstance(node, Scalar) and not is_null(node):
        return value_of(node, report)
    what = "nothing" if is_null(node) else kind_of(node)
    report.error(Code.WRONG_TYPE, f"a list over the layers holds numbers, not {what}", node.span)
    return None

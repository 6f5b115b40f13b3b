"""Parts of a stack that `for` makes, once for each number of a range."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mergec.diagnostics import Code, Label, Report
from mergec.recipe.mentions import names_in
from mergec.recipe.model import Node, Stack
from mergec.recipe.names import RESERVED, Names
from mergec.recipe.resolve_values import ValueResolver
from mergec.recipe.values import Constant
from mergec.syntax import tree

MOST_PARTS = 10_000
"""Ranges of layers in one stack."""

Make = Callable[[tree.Expression], Iterable[Node | None]]
"""Resolves one part as written; it may come to several, and None stands for one that has a problem."""


def repeated(each: tree.ForEach, make: Make, names: Names, values: ValueResolver, report: Report) -> list[Node | None]:
    """What `make` makes of the parts for each number, up to the first number for which it fails."""
    numbers = _numbers(each, values, report)
    if not _has_own_name(each.variable, names, report) or numbers is None:
        return [None]
    _warn_of_constant_parts(each, report)
    made: list[Node | None] = []
    size = sum(1 for part in each.parts for _ in names_in(part))
    count = 0
    for number in numbers:
        with values.binding(each.variable.text, Constant(number, each.variable.span), size):
            parts = [node for part in each.parts for node in make(part)]
        made += parts
        count += sum(len(node.parts) if isinstance(node, Stack) else 1 for node in parts)
        if any(node is None for node in parts):
            break
        if count > MOST_PARTS or values.is_exhausted:
            _too_many(each, report)
            return [None]
    return made


def _numbers(each: tree.ForEach, values: ValueResolver, report: Report) -> range | None:
    """The numbers that the variable takes; None after an error."""
    first = _whole(each.first, values, report)
    end = _whole(each.end, values, report)
    step = 1 if each.step is None else _whole(each.step, values, report)
    if first is None or end is None or step is None:
        return None
    if step < 1 and each.step is not None:
        help = "the numbers go up: leave `by` out to take each of them"
        report.error(Code.BAD_VALUE, "a step is at least 1", each.step.span, f"this is {step}", help=help)
    elif first >= end:
        help = f"the end does not belong to it: `{first}..{first + 1}` is one number"
        place = each.first.span.to(each.end.span)
        report.error(Code.BAD_VALUE, "this range holds no number", place, f"from {first} up to {end}", help=help)
    elif (end - first - 1) // step >= MOST_PARTS:
        _too_many(each, report)
    else:
        return range(first, end, step)
    return None


def _whole(expression: tree.Expression, values: ValueResolver, report: Report) -> int | None:
    number = values.number(expression, "a bound of `for`")
    if number is None or number == int(number):
        return None if number is None else int(number)
    report.error(Code.BAD_VALUE, "`for` counts in whole numbers", expression.span, f"this is {number:g}")
    return None


def _has_own_name(variable: tree.Name, names: Names, report: Report) -> bool:
    """Whether the variable's name means nothing else."""
    if variable.text in RESERVED:
        message = f"`{variable.text}` is a word of the language"
        report.error(Code.DUPLICATE_NAME, message, variable.span, "choose another")
    elif variable.text in names.statements:
        report.error(
            Code.DUPLICATE_NAME,
            f"`{variable.text}` has a meaning already",
            variable.span,
            "counts here",
            also=(Label(names.statements[variable.text].name.span, "declared here"),),
            help=f"give the number a name of its own, such as `{variable.text}_1`",
        )
    else:
        return True
    return False


def _warn_of_constant_parts(each: tree.ForEach, report: Report) -> None:
    """A part that does not change, before a `for` that was perhaps meant for the part beside it alone."""
    changes = [each.variable.text in names_in(part) for part in each.parts]
    if each.in_parentheses or all(changes) or not any(changes):
        return
    for part, does in zip(each.parts, changes, strict=True):
        if not does:
            report.warn(
                Code.REPEATED_PART,
                f"`for` repeats this part as well, and it has no `{each.variable.text}`",
                part.span,
                "the same each time",
                help="put in parentheses what is to be repeated: `stack(a[0..4], (b[i..i+2] for i in 4..8))`",
            )


def _too_many(each: tree.ForEach, report: Report) -> None:
    report.error(Code.TOO_COMPLEX, f"this comes to more than {MOST_PARTS:,} ranges of layers", each.span)

"""Selectors, from lark's parse tree to the syntax tree."""

from __future__ import annotations

from typing import Any

from mergec.core.suggest import did_you_mean
from mergec.diagnostics import Code, Span
from mergec.syntax.build_context import Context
from mergec.syntax.literals import read_number, read_regex, read_text
from mergec.syntax.tree import And, Glob, HasRank, InLayers, Not, Or, Regex, Role
from mergec.syntax.words import ROLES


def build_or(context: Context, span: Span, children: list[Any]) -> Or:
    """`left or right`."""
    left, _, right = children
    return Or(left, right, span)


def build_and(context: Context, span: Span, children: list[Any]) -> And:
    """`left and right`."""
    left, _, right = children
    return And(left, right, span)


def build_not(context: Context, span: Span, children: list[Any]) -> Not:
    """`not operand`."""
    return Not(children[1], span)


def build_role(context: Context, span: Span, children: list[Any]) -> Role:
    """A role; an unknown one is reported."""
    name = str(children[0])
    if name not in ROLES:
        context.report.error(
            Code.BAD_SELECTOR,
            f"`{name}` is not a role that a tensor can have",
            span,
            help=did_you_mean(name, ROLES) or f'to select by name write `"*{name}*"`',
            notes=(f"roles: {', '.join(ROLES)}",),
        )
    return Role(name, span)


def build_integer(context: Context, span: Span, children: list[Any]) -> int:
    """A whole number, for ranges of layers and ranks."""
    sign, digits = children
    value = read_number(str(digits), span, context.report)
    if isinstance(value, float):
        context.report.error(Code.BAD_SELECTOR, f"`{span.text}` is not a whole number", span)
    return -int(value) if sign else int(value)


def build_in_layers(context: Context, span: Span, children: list[Any]) -> InLayers:
    """`layers[first..end]`; a range that is empty whatever the model is reported."""
    _, first, end = children
    if first is not None and end is not None and first >= end and (first < 0) == (end < 0):
        context.report.error(
            Code.BAD_SELECTOR,
            "this range of layers is empty",
            span,
            help=f"the end does not belong to it: `layers[{first}..{first + 1}]` is one layer",
        )
    return InLayers(first, end, span)


def build_has_rank(context: Context, span: Span, children: list[Any]) -> HasRank:
    """`rank(n)`."""
    return HasRank(children[1], span)


def build_glob(context: Context, span: Span, children: list[Any]) -> Glob:
    """A text that stands as a selector."""
    return Glob(read_text(str(children[0]), span, context.report), span)


def build_regex(context: Context, span: Span, children: list[Any]) -> Regex:
    """`/pattern/`."""
    return Regex(read_regex(str(children[0]), span, context.report), span)

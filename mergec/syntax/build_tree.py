"""From lark's parse tree to the syntax tree. No function here recurses, however deep the text nests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mergec.diagnostics import Code, Label, Report, Span
from mergec.syntax import build_selector as selector
from mergec.syntax.build_context import Context
from mergec.syntax.limits import MAX_DEPTH, too_deep
from mergec.syntax.literals import read_number, read_text
from mergec.syntax.tree import (
    Binary,
    Call,
    Expression,
    Flag,
    ForEach,
    IncludeStatement,
    LayerRange,
    LetStatement,
    MergeStatement,
    ModelStatement,
    Name,
    NameUse,
    Number,
    OutputStatement,
    ParamStatement,
    RequiresStatement,
    Rule,
    Statement,
    Text,
    Unary,
)
from mergec.syntax.words import REPEATED_SETTINGS

if TYPE_CHECKING:
    from lark import Token, Tree

Children = list[Any]
Builder = Callable[[Context, Span, Children], Any]
"""Makes a node from its place and its children: built nodes, tokens, and None for parts left out."""


def build_statements(parsed: Tree[Token], context: Context) -> tuple[Statement, ...] | None:
    """The statements of a parsed text; None, with a report, if they nest too deeply."""
    built: dict[int, Any] = {}
    depths: dict[int, int] = {}
    for node in parsed.iter_subtrees():  # children before their parents
        below = [depths[id(child)] for child in node.children if id(child) in depths]
        depths[id(node)] = max(below, default=0) + (node.data not in _FLAT)
        span = context.at(node.meta) if node.children else context.nowhere
        if depths[id(node)] > MAX_DEPTH:
            too_deep(span, context.report)
            return None
        children = [built.get(id(child), child) for child in node.children]
        built[id(node)] = BUILDERS[node.data](context, span, children)
    statements: tuple[Statement, ...] = built[id(parsed)]
    return statements


def _tuple(context: Context, span: Span, children: Children) -> tuple[Any, ...]:
    return tuple(children)


# --- statements ------------------------------------------------------------------------------------------------------


def _model(context: Context, span: Span, children: Children) -> ModelStatement:
    _, name, reference = children
    return ModelStatement(context.name(name), _text_of(context, reference), span)


def _param(context: Context, span: Span, children: Children) -> ParamStatement:
    _, name, default, _, low, high = children
    return ParamStatement(context.name(name), default, low, high, span)


def _let(context: Context, span: Span, children: Children) -> LetStatement:
    _, name, parameters, value = children
    return LetStatement(context.name(name), parameters or (), value, span)


def _parameters(context: Context, span: Span, children: Children) -> tuple[Name, ...]:
    names = tuple(context.name(child) for child in children)
    _refuse_repeats(names, Code.DUPLICATE_NAME, "the parameter", context.report)
    return names


def _merge(context: Context, span: Span, children: Children) -> MergeStatement:
    _, name, value = children
    return MergeStatement(context.name(name), value, span)


def _output(context: Context, span: Span, children: Children) -> OutputStatement:
    _, name, settings = children
    return OutputStatement(context.name(name), settings or (), span)


def _settings(context: Context, span: Span, children: Children) -> tuple[tuple[Name, Expression], ...]:
    single = tuple(name for name, _ in children if name.text not in REPEATED_SETTINGS)
    _refuse_repeats(single, Code.DUPLICATE_KEY, "the setting", context.report)
    return tuple(children)


def _pair(context: Context, span: Span, children: Children) -> tuple[Name, Expression]:
    name, value = children
    return context.name(name), value


def _requires(context: Context, span: Span, children: Children) -> RequiresStatement:
    return RequiresStatement(_text_of(context, children[1]), span)


def _include(context: Context, span: Span, children: Children) -> IncludeStatement:
    return IncludeStatement(_text_of(context, children[1]), span)


# --- values ----------------------------------------------------------------------------------------------------------


def _binary(context: Context, span: Span, children: Children) -> Binary:
    left, operator, right = children
    return Binary(str(operator), left, right, span)


def _unary(context: Context, span: Span, children: Children) -> Unary:
    operator, operand = children
    return Unary(str(operator), operand, span)


def _group(context: Context, span: Span, children: Children) -> Any:
    """What stands in parentheses, its span widened by them."""
    return replace(children[0], span=span)


def _layer_range(context: Context, span: Span, children: Children) -> LayerRange:
    operand, first, end = children
    return LayerRange(operand, first, end, span)


def _number(context: Context, span: Span, children: Children) -> Number:
    return Number(read_number(str(children[0]), span, context.report), span)


def _true(context: Context, span: Span, children: Children) -> Flag:
    return Flag(True, span)


def _false(context: Context, span: Span, children: Children) -> Flag:
    return Flag(False, span)


def _text(context: Context, span: Span, children: Children) -> Text:
    return _text_of(context, children[0])


def _text_of(context: Context, token: Token) -> Text:
    span = context.at(token)
    return Text(read_text(str(token), span, context.report), span)


def _name_use(context: Context, span: Span, children: Children) -> NameUse:
    return NameUse(str(children[0]), span)


def _call(context: Context, span: Span, children: Children) -> Call:
    function, arguments, rules = children
    positional, named = arguments or ((), ())
    return Call(context.name(function), positional, named, rules or (), span)


def _arguments(context: Context, span: Span, children: Children) -> tuple[tuple[Expression, ...], tuple[Any, ...]]:
    """Positional arguments, then the named ones; a named one is the only kind of tuple here."""
    positional = tuple(child for child in children if not isinstance(child, tuple))
    named = tuple(child for child in children if isinstance(child, tuple))
    _refuse_repeats(tuple(name for name, _ in named), Code.DUPLICATE_KEY, "the argument", context.report)
    for before, after in pairwise(children):
        if isinstance(before, tuple) and not isinstance(after, tuple):
            context.report.error(
                Code.SYNTAX,
                "an argument without a name stands after a named one",
                after.span,
                help="put the arguments without a name first",
                also=(Label(before[0].span, "named"),),
            )
    return positional, named


def _repeated_arguments(context: Context, span: Span, children: Children) -> tuple[Any, ...]:
    """All positional arguments, made one that repeats them; then the named ones."""
    *arguments, clause = children
    positional, named = _arguments(context, span, arguments)
    return (_for_each(positional, clause, False, span),), named


def _repeated(context: Context, span: Span, children: Children) -> ForEach:
    *parts, clause = children
    return _for_each(tuple(parts), clause, True, span)


def _for(context: Context, span: Span, children: Children) -> ForEach:
    """`for` and what follows, its parts still to come."""
    _, variable, _, first, end, _, step = children
    return ForEach((), context.name(variable), first, end, step, False, span)


def _for_each(parts: tuple[Expression, ...], clause: ForEach, in_parentheses: bool, span: Span) -> ForEach:
    return replace(clause, parts=parts, in_parentheses=in_parentheses, span=span)


def _rule(context: Context, span: Span, children: Children) -> Rule:
    owner, parameter, where, value = children
    return Rule(context.name(parameter), owner and context.name(owner), where, value, span)


def _refuse_repeats(names: tuple[Name, ...], code: Code, what: str, report: Report) -> None:
    first: dict[str, Name] = {}
    for name in names:
        earlier = first.setdefault(name.text, name)
        if earlier is not name:
            message = f"{what} `{name.text}` is given twice"
            report.error(code, message, name.span, help="keep one", also=(Label(earlier.span, "first given here"),))


BUILDERS: dict[str, Builder] = {
    "document": _tuple,
    "model": _model,
    "param": _param,
    "let": _let,
    "parameters": _parameters,
    "merge": _merge,
    "output": _output,
    "settings": _settings,
    "setting": _pair,
    "requires": _requires,
    "include": _include,
    "binary": _binary,
    "unary": _unary,
    "group": _group,
    "layer_range": _layer_range,
    "number": _number,
    "true": _true,
    "false": _false,
    "text": _text,
    "name_use": _name_use,
    "call": _call,
    "arguments": _arguments,
    "repeated_arguments": _repeated_arguments,
    "repeated": _repeated,
    "for": _for,
    "named": _pair,
    "rules": _tuple,
    "rule": _rule,
    "any_of": selector.build_or,
    "all_of": selector.build_and,
    "negation": selector.build_not,
    "role": selector.build_role,
    "in_layers": selector.build_in_layers,
    "has_rank": selector.build_has_rank,
    "glob": selector.build_glob,
    "regex": selector.build_regex,
    "selector_group": _group,
    "integer": selector.build_integer,
}
"""One builder for each rule and alias of the grammar."""

_FLAT = {
    "document",
    "arguments",
    "repeated_arguments",
    "for",
    "named",
    "rules",
    "settings",
    "setting",
    "parameters",
    "group",
    "selector_group",
}
"""Rules of the grammar that add no level to the tree."""

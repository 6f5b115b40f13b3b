"""From the syntax tree to text of the merge language: every statement on one line, for `format_text` to lay out."""

from __future__ import annotations

from collections.abc import Iterable

from mergec.diagnostics import InternalError
from mergec.syntax.print_literals import integer_text, number_text, regex_text, string_text
from mergec.syntax.tree import (
    And,
    Binary,
    Call,
    Expression,
    Flag,
    ForEach,
    Glob,
    HasRank,
    IncludeStatement,
    InLayers,
    LayerRange,
    LetStatement,
    MergeStatement,
    ModelStatement,
    NameUse,
    Not,
    Number,
    Or,
    OutputStatement,
    ParamStatement,
    Regex,
    RequiresStatement,
    Role,
    Rule,
    Selector,
    Statement,
    Text,
    Unary,
)

_LOOSEST, _PRODUCT, _SIGN, _POWER, _PART = range(5)
_LEVELS = {"+": _LOOSEST, "-": _LOOSEST, "*": _PRODUCT, "/": _PRODUCT, "**": _POWER}
_OR, _AND, _NOT = range(3)


def statement_text(statement: Statement) -> str:
    """One statement. Raises InternalError for what the language has no words for (see `driver.spell_out`)."""
    match statement:
        case ModelStatement():
            return f"model {statement.name.text} = {string_text(statement.reference.value)}"
        case ParamStatement():
            return f"param {statement.name.text} = {expression_text(statement.default)}{_range_of(statement)}"
        case LetStatement():
            names = ", ".join(name.text for name in statement.parameters)
            parameters = f"({names})" if names else ""
            return f"let {statement.name.text}{parameters} = {expression_text(statement.value)}"
        case MergeStatement():
            return f"merge {statement.name.text} = {_merge(statement.value)}"
        case OutputStatement():
            settings = " ".join(f"{name.text} = {expression_text(value)}" for name, value in statement.settings)
            return f"output {statement.name.text}" + (f" {{ {settings} }}" if settings else "")
        case RequiresStatement():
            return f"requires {string_text(statement.requirement.value)}"
        case IncludeStatement():
            return f"include {string_text(statement.path.value)}"


def _range_of(statement: ParamStatement) -> str:
    if statement.low is None or statement.high is None:
        return ""
    return f" in {expression_text(statement.low)}..{expression_text(statement.high)}"


# --- expressions -----------------------------------------------------------------------------------------------------


def expression_text(expression: Expression) -> str:
    """An expression, with no more parentheses than it needs."""
    match expression:
        case Number():
            return number_text(expression.value)
        case Flag():
            return "true" if expression.value else "false"
        case Text():
            return string_text(expression.value)
        case NameUse():
            return expression.text
        case Unary():
            return f"{expression.operator}{_at_least(_SIGN, expression.operand)}"
        case Binary():
            return _binary(expression)
        case LayerRange():
            first, end = (_optional(bound) for bound in (expression.first, expression.end))
            return f"{_at_least(_PART, expression.operand)}[{first}..{end}]"
        case Call():
            return _call(expression)
        case ForEach():
            inner = f"{', '.join(map(expression_text, expression.parts))} {_for(expression)}"
            return f"({inner})" if expression.in_parentheses else inner


def _optional(expression: Expression | None) -> str:
    return "" if expression is None else expression_text(expression)


def _at_least(level: int, expression: Expression) -> str:
    """An operand, in parentheses if it binds less tightly than its place asks for."""
    text = expression_text(expression)
    return text if _level(expression) >= level else f"({text})"


def _level(expression: Expression) -> int:
    match expression:
        case Binary():
            return _LEVELS[expression.operator]
        case Unary():
            return _SIGN
        case _:
            return _PART


def _binary(expression: Binary) -> str:
    """`**` takes a part on its left and anything with a sign on its right; the others group to the left."""
    level = _LEVELS[expression.operator]
    left, right = (_PART, _SIGN) if level == _POWER else (level, level + 1)
    return f"{_at_least(left, expression.left)} {expression.operator} {_at_least(right, expression.right)}"


def _merge(value: Expression) -> str:
    """What a merge is made of; the rules of a call on lines of their own."""
    return _call(value, "\n") if isinstance(value, Call) else expression_text(value)


def _call(call: Call, before_rules: str = " ") -> str:
    if call.default_base is not None:
        raise InternalError("a base that is none of the call's own has no spelling in the merge language")
    loose = [a for a in call.arguments if isinstance(a, ForEach) and not a.in_parentheses]
    positional = loose[0].parts if loose else call.arguments
    given = [*map(expression_text, positional), *(f"{name.text} = {expression_text(v)}" for name, v in call.named)]
    clause = f" {_for(loose[0])}" if loose else ""
    rules = f" {{{before_rules}{' '.join(map(_rule, call.rules))} }}" if call.rules else ""
    return f"{call.function.text}({', '.join(given)}{clause}){rules}"


def _for(each: ForEach) -> str:
    step = f" by {expression_text(each.step)}" if each.step is not None else ""
    return f"for {each.variable.text} in {expression_text(each.first)}..{expression_text(each.end)}{step}"


def _rule(rule: Rule) -> str:
    if isinstance(rule.input, int):
        raise InternalError("a rule for an input that has no name has no spelling in the merge language")
    owner = f"{rule.input.text}." if rule.input is not None else ""
    where = f"[{selector_text(rule.selector)}]" if rule.selector is not None else ""
    return f"{owner}{rule.parameter.text}{where} = {expression_text(rule.value)}"


# --- selectors -------------------------------------------------------------------------------------------------------


def selector_text(selector: Selector) -> str:
    """A selector, with no more parentheses than it needs."""
    match selector:
        case Role():
            return selector.name
        case InLayers():
            return f"layers[{integer_text(selector.first)}..{integer_text(selector.end)}]"
        case HasRank():
            return f"rank({integer_text(selector.rank)})"
        case Glob():
            return string_text(selector.pattern)
        case Regex():
            return regex_text(selector.pattern)
        case Not():
            return f"not {_selector_at_least(_NOT, selector.operand)}"
        case And():
            return f"{_selector_at_least(_AND, selector.left)} and {_selector_at_least(_NOT, selector.right)}"
        case Or():
            return f"{_selector_at_least(_OR, selector.left)} or {_selector_at_least(_AND, selector.right)}"
        case _:
            raise InternalError(f"a selector {type(selector).__name__} has no spelling in the merge language")


def _selector_at_least(level: int, selector: Selector) -> str:
    text = selector_text(selector)
    own = {Or: _OR, And: _AND}.get(type(selector), _NOT)
    return text if own >= level else f"({text})"


def statements_text(statements: Iterable[Statement]) -> str:
    """Statements one below the other, those of one kind close together, merges and outputs on their own."""
    lines: list[str] = []
    before: Statement | None = None
    for statement in statements:
        alone = isinstance(statement, MergeStatement | OutputStatement)
        if before is not None and (alone or type(statement) is not type(before)):
            lines.append("")
        lines.append(statement_text(statement))
        before = statement
    return "\n".join(lines) + "\n" if lines else ""

"""The names that an expression mentions."""

from __future__ import annotations

from collections.abc import Iterator

from mergec.syntax import tree


def names_in(expression: tree.Expression) -> Iterator[str]:
    """Every name that an expression uses and does not bind itself, functions and methods among them."""
    match expression:
        case tree.NameUse():
            yield expression.text
        case tree.ForEach():
            for bound in (expression.first, expression.end, expression.step):
                yield from names_in(bound) if bound is not None else ()
            for part in expression.parts:
                yield from (name for name in names_in(part) if name != expression.variable.text)
        case tree.Call():
            yield expression.function.text
            for part in _within(expression):
                yield from names_in(part)
        case _:
            for part in _within(expression):
                yield from names_in(part)


def _within(expression: tree.Expression) -> Iterator[tree.Expression]:
    match expression:
        case tree.Unary():
            yield expression.operand
        case tree.Binary():
            yield from (expression.left, expression.right)
        case tree.LayerRange():
            bounds = (expression.first, expression.end)
            yield from (expression.operand, *(b for b in bounds if b is not None))
        case tree.Call():
            yield from expression.arguments
            yield from (value for _, value in expression.named)
            yield from (rule.value for rule in expression.rules)

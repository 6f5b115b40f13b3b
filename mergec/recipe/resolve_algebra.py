"""Arithmetic as written to sums of models: the kind of every part, and why some parts do not go together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mergec.diagnostics import Code, Label, Report, Span
from mergec.recipe.algebra import Combination, added, scaled, subtracted
from mergec.recipe.extent import MOST_SOURCES
from mergec.recipe.names import Names, unknown_name
from mergec.recipe.resolve_values import ValueResolver
from mergec.recipe.values import Constant, ValueExpr, ValueProblem, is_writable
from mergec.syntax import tree

Side = tree.Expression | Combination
"""A part of an expression: numbers as they are written, or what models come to."""

SCALING = "numbers multiply differences of models, as in `a + 0.5 * (b - a)`"
MEANS = "`linear(a, b) { weight = 0.5 }` is a mean of models, `lerp(a, b) { t = 0.3 }` a step from one to another"


@dataclass(frozen=True, slots=True)
class AlgebraResolver:
    """Works out expressions of operators. Problems are reported; None stands for an expression that has some.

    part: what an operand comes to.
    """

    names: Names
    values: ValueResolver
    report: Report
    part: Callable[[tree.Expression], Side | None]

    def resolve(self, expression: tree.Binary | tree.Unary) -> Side | None:
        """What an expression comes to; itself if it is all numbers. A chain of operators nests no deeper than one."""
        if isinstance(expression, tree.Unary):
            return self._negated(expression)
        chain: list[tree.Binary] = []
        first: tree.Expression = expression
        while isinstance(first, tree.Binary):
            chain.append(first)
            first = first.left
        left = self.part(first)
        for binary in reversed(chain):
            right = self.part(binary.right)
            left = None if left is None or right is None else self._combined(binary, left, right)
        return left

    def _negated(self, expression: tree.Unary) -> Side | None:
        match self.part(expression.operand):
            case Combination(is_model=True) as model:
                help = "a difference of models has one: `-(a - b)`"
                self._refuse("a model has no negative", help, model)
                return None
            case Combination() as difference:
                return self._scaled(difference, "*", Constant(-1.0, expression.span), expression.span)
            case None:
                return None
            case _:
                return expression

    def _combined(self, binary: tree.Binary, left: Side, right: Side) -> Side | None:
        match binary.operator, left, right:
            case "+", Combination() as a, Combination() as b if not (a.is_model and b.is_model):
                return self._limited(added(a, b, binary.span))
            case "-", Combination() as a, Combination() as b if a.is_model or not b.is_model:
                return self._limited(subtracted(a, b, binary.span))
            case "*", Combination(is_model=False) as a, number if not isinstance(number, Combination):
                return self._times(a, binary, number)
            case "/", Combination(is_model=False) as a, number if not isinstance(number, Combination):
                return self._times(a, binary, number)
            case "*", number, Combination(is_model=False) as b if not isinstance(number, Combination):
                return self._times(b, binary, number)
        if not isinstance(left, Combination) and not isinstance(right, Combination):
            return binary
        if binary.operator not in "+-" or not (self._names_nothing(left) or self._names_nothing(right)):
            self._refuse(*_reason(binary.operator, left, right), left, right)
        return None

    def _times(self, model: Combination, binary: tree.Binary, number: tree.Expression) -> Combination | None:
        value = self.values.resolve(number)
        if isinstance(value, Constant) and isinstance(value.value, str | bool):
            self._refuse(f"`{number.span.text}` is not a number", None, number)
            return None
        return None if value is None else self._scaled(model, binary.operator, value, binary.span)

    def _scaled(self, model: Combination, operator: str, value: ValueExpr, span: Span) -> Combination | None:
        try:
            return self._limited(scaled(model, operator, value, span))
        except ValueProblem as problem:
            self.report.error(Code.BAD_VALUE, problem.message, problem.span)
            return None

    def _limited(self, combination: Combination) -> Combination | None:
        """The combination, if it is small enough to go on with."""
        terms = len(combination.terms)
        if terms > MOST_SOURCES:
            message = f"this comes to a sum of {terms:,} models, and {MOST_SOURCES:,} are the most"
        elif not all(is_writable(t.factor) for t in combination.terms):
            message = "a number in this is too large once its names are written out"
        else:
            return combination
        self.report.error(Code.TOO_COMPLEX, message, combination.span, help="a name counts as often as it is used")
        return None

    def _names_nothing(self, side: Side) -> bool:
        """Whether a part has a name that stands for nothing, and may have been meant for a model; reports it."""
        known = (*self.names.values, *self.names.statements)
        found = [] if isinstance(side, Combination) else [n for n in _names(side) if n.text not in known]
        for use in found:
            models = (*self.names.models, *self.names.merges, *self.names.lets)
            unknown_name(use.text, use.span, models, "a model", self.report)
        return bool(found)

    def _refuse(self, message: str, help: str | None, first: Side, second: Side | None = None) -> None:
        also = () if second is None else (Label(second.span, _kind(second)),)
        self.report.error(Code.WRONG_KIND, message, first.span, _kind(first), also=also, help=help)


def _names(expression: tree.Expression) -> Iterator[tree.NameUse]:
    """The operands of an expression that are names."""
    match expression:
        case tree.NameUse():
            yield expression
        case tree.Unary():
            yield from _names(expression.operand)
        case tree.Binary():
            yield from (*_names(expression.left), *_names(expression.right))


def _kind(side: Side) -> str:
    if isinstance(side, Combination):
        return side.kind
    return "" if isinstance(side, tree.Text | tree.Flag) else "a number"


def _reason(operator: str, left: Side, right: Side) -> tuple[str, str | None]:
    """Why the two do not go together, and what does."""
    match operator, left, right:
        case "**", _, _:
            return "models have no powers", None
        case "+", Combination(), Combination():
            help = f"{MEANS};\na difference can be added to a model: `a + (b - base)`"
            return "two models cannot be added: their sum is twice a model", help
        case "-", Combination(), Combination():
            return "a model cannot be subtracted from a difference of models", "write the model first: `base - (a - b)`"
        case "+" | "-", _, _:
            done = "added to" if operator == "+" else "subtracted from"
            return f"a number and models cannot be {done} one another", SCALING
        case _, Combination(), Combination():
            return f"models cannot be {'multiplied' if operator == '*' else 'divided'} by one another", SCALING
        case "/", _, Combination():
            return "a number cannot be divided by models", SCALING
    return "a model times a number is no model", f"{SCALING};\n{MEANS}"

"""From value expressions as written to values with no names left in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from mergec.core.units import counted
from mergec.diagnostics import Code, Report, Span
from mergec.recipe.names import Names, unknown_name
from mergec.recipe.values import (
    CONSTANTS,
    DEEPEST,
    FUNCTIONS,
    LARGEST,
    NOWHERE,
    PLACES,
    Apply,
    Constant,
    Curve,
    PlaceOf,
    ValueExpr,
    ValueProblem,
    evaluate,
    extent,
    place_in,
)
from mergec.syntax import tree

NO_SCOPE: Mapping[str, ValueExpr] = MappingProxyType({})

FLAG_WORDS: Mapping[str, str] = MappingProxyType({"yes": "true", "on": "true", "no": "false", "off": "false"})

MOST_STEPS = 200_000
"""Nodes looked at in all values of a recipe together. A few lines of functions can call one another without end."""


class TooComplex(Exception):
    """A value has no end, or none in sight; says what is too much about it."""


class ValueResolver:
    """Replaces params, lets and constants by what they stand for. Each problem is reported once; None stands for it."""

    def __init__(self, names: Names, settings: Mapping[str, float], report: Report) -> None:
        self._names = names
        self._settings = settings
        self._report = report
        self._lets: dict[str, ValueExpr | None] = {}
        self._open: list[str] = []
        self._bound = NO_SCOPE
        self._steps = 0

    def resolve(self, expression: tree.Expression) -> ValueExpr | None:
        """The value of an expression."""
        if self.is_exhausted:
            return None
        try:
            return self._resolve_all(expression, self._bound)
        except TooComplex as problem:
            limit = str(problem)
        except RecursionError:
            limit = "its names stand for others, and those for others, too many times"
        self._open.clear()
        message = "this value is too large once its names are written out"
        self._report.error(Code.TOO_COMPLEX, message, expression.span, help=limit)
        return None

    @contextmanager
    def binding(self, name: str, value: ValueExpr, steps: int) -> Iterator[None]:
        """Within it, expressions that are resolved here may use `name`, besides the names bound already.

        steps: what that costs, as nodes looked at.
        """
        before, self._bound = self._bound, {**self._bound, name: value}
        self._steps += 1 + steps
        yield
        self._bound = before

    @contextmanager
    def unbound(self) -> Iterator[None]:
        """Within it, no name is bound: for what is written elsewhere."""
        before, self._bound = self._bound, NO_SCOPE
        yield
        self._bound = before

    @property
    def is_exhausted(self) -> bool:
        """Whether no further value of this recipe is looked at."""
        return self._steps > MOST_STEPS

    def _resolve_all(self, expression: tree.Expression, scope: Mapping[str, ValueExpr]) -> ValueExpr | None:
        """`scope` holds the arguments of the function that the expression stands in."""
        value = self._resolve(expression, scope)
        if value is not None and value.size > LARGEST:
            raise TooComplex(f"it comes to {value.size:,} parts, and {LARGEST:,} are the most")
        if value is not None and value.depth > DEEPEST:
            raise TooComplex(f"it nests {value.depth} deep, and {DEEPEST} is the most")
        return value

    def number(self, expression: tree.Expression, what: str) -> float | None:
        """A number that does not depend on the layer, such as the bound of a param."""
        value = self.resolve(expression)
        if value is None:
            return None
        place = place_in(value)
        if place is not None:
            message = f"`{place.span.text}` differs from tensor to tensor, and {what} is one number"
            self._report.error(Code.BAD_VALUE, message, place.span)
            return None
        try:
            result = evaluate(value, NOWHERE)
        except ValueProblem as problem:
            self._report.error(Code.BAD_VALUE, problem.message, problem.span)
            return None
        if isinstance(result, str | bool):
            self._report.error(Code.BAD_VALUE, f"{what} is a number", expression.span)
            return None
        return result

    def _resolve(self, expression: tree.Expression, scope: Mapping[str, ValueExpr]) -> ValueExpr | None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise TooComplex("its functions call one another too many times")
        match expression:
            case tree.Number() | tree.Flag() | tree.Text():
                return Constant(expression.value, expression.span)
            case tree.NameUse():
                return self._name(expression, scope)
            case tree.Unary():
                return self._apply("negate", (expression.operand,), expression.span, scope)
            case tree.Binary():
                return self._apply(expression.operator, (expression.left, expression.right), expression.span, scope)
            case tree.Call():
                return self._call(expression, scope)
            case tree.LayerRange():
                self._report.error(Code.WRONG_KIND, "layers of a model are not a number", expression.span)
                return None
            case tree.ForEach():
                self._report.error(Code.WRONG_KIND, "`for` makes parts of a `stack`, not numbers", expression.span)
                return None

    def _name(self, use: tree.NameUse, scope: Mapping[str, ValueExpr]) -> ValueExpr | None:
        if use.text in scope:
            return scope[use.text]
        if use.text in PLACES:
            return PlaceOf(use.text, use.span)
        if use.text in CONSTANTS:
            return Constant(CONSTANTS[use.text], use.span)
        if use.text in self._names.params:
            return self._param(use)
        if use.text in self._names.lets and not self._names.lets[use.text].parameters:
            return self._let(use)
        if use.text in self._names.models or use.text in self._names.merges:
            self._report.error(Code.WRONG_KIND, f"`{use.text}` is a model, not a number", use.span)
            return None
        known, meant = (*scope, *self._names.values), FLAG_WORDS.get(use.text.lower())
        unknown_name(use.text, use.span, known, "a value", self._report, ("true", "false"), meant)
        return None

    def _param(self, use: tree.NameUse) -> ValueExpr | None:
        if use.text in self._settings:
            return Constant(self._settings[use.text], use.span)
        if self._is_cycle(use.text, use.span):
            return None
        self._open.append(use.text)
        value = self._resolve_all(self._names.params[use.text].default, NO_SCOPE)
        self._open.pop()
        return value

    def _let(self, use: tree.NameUse) -> ValueExpr | None:
        if use.text not in self._lets:
            if self._is_cycle(use.text, use.span):
                return None
            self._open.append(use.text)
            self._lets[use.text] = self._resolve_all(self._names.lets[use.text].value, NO_SCOPE)
            self._open.pop()
        return self._lets[use.text]

    def _is_cycle(self, name: str, span: Span) -> bool:
        if name not in self._open:
            return False
        path = " → ".join((*self._open[self._open.index(name) :], name))
        self._report.error(Code.CYCLE, f"`{name}` is defined by itself", span, help=f"the circle is {path}")
        return True

    def _call(self, call: tree.Call, scope: Mapping[str, ValueExpr]) -> ValueExpr | None:
        name = call.function.text
        if call.named or call.rules:
            self._report.error(Code.WRONG_KIND, f"`{name}` here takes plain values only", call.span)
            return None
        if name in ("curve", "gradient"):
            return self._curve(call, scope)
        if name in FUNCTIONS:
            return self._apply(name, call.arguments, call.span, scope)
        if name in self._names.lets:
            return self._let_call(self._names.lets[name], call, scope)
        known = (*(f for f in FUNCTIONS if f.isidentifier() and f != "negate"), "curve", *self._names.lets)
        unknown_name(name, call.function.span, known, "a function", self._report)
        return None

    def _arguments(
        self, arguments: tuple[tree.Expression, ...], scope: Mapping[str, ValueExpr]
    ) -> tuple[ValueExpr, ...] | None:
        resolved = [self._resolve(a, scope) for a in arguments]
        values = tuple(r for r in resolved if r is not None)
        return values if len(values) == len(resolved) else None

    def _curve(self, call: tree.Call, scope: Mapping[str, ValueExpr]) -> ValueExpr | None:
        points = self._arguments(call.arguments, scope)
        if points is None:
            return None
        if not points:
            self._report.error(
                Code.BAD_VALUE, "a curve needs at least one value", call.span, help="for example `curve(0, 0.5, 1)`"
            )
            return None
        return Curve(points, call.function.text == "gradient", call.span, *extent(points))

    def _apply(
        self, name: str, arguments: tuple[tree.Expression, ...], span: Span, scope: Mapping[str, ValueExpr]
    ) -> ValueExpr | None:
        values = self._arguments(arguments, scope)
        if values is None:
            return None
        function = FUNCTIONS[name]
        if len(values) < function.least or (function.most is not None and len(values) > function.most):
            wanted = "" if function.least == function.most else "at least "
            message = f"`{name}` takes {wanted}{counted(function.least, 'value')}, not {len(values)}"
            self._report.error(Code.BAD_VALUE, message, span)
            return None
        return Apply(name, values, span, *extent(values))

    def _let_call(self, let: tree.LetStatement, call: tree.Call, scope: Mapping[str, ValueExpr]) -> ValueExpr | None:
        values = self._arguments(call.arguments, scope)
        if values is None or self._is_cycle(let.name.text, call.span):
            return None
        if len(values) != len(let.parameters):
            message = f"`{let.name.text}` takes {counted(len(let.parameters), 'value')}, not {len(values)}"
            self._report.error(Code.BAD_VALUE, message, call.span)
            return None
        self._open.append(let.name.text)
        inner = {p.text: v for p, v in zip(let.parameters, values, strict=True)}
        result = self._resolve_all(let.value, inner)
        self._open.pop()
        return result

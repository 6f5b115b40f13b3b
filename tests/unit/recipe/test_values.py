"""Values over depth, computed."""

from __future__ import annotations

import math

import pytest

from mergec.core.params import Param, ParamKind, Value
from mergec.diagnostics import Report, Source
from mergec.recipe import At, ValueExpr, ValueProblem, conform, constants_of, evaluate
from mergec.recipe.names import declare
from mergec.recipe.resolve_values import ValueResolver
from mergec.syntax import parse, tree


def value_of(text: str, *before: str) -> ValueExpr:
    """The value that `text` stands for after some statements."""
    report = Report()
    document = parse(Source("r.merge", "\n".join((*before, f"let it = {text}"))), report)
    assert document is not None, report.diagnostics
    value = ValueResolver(declare(document, report), {}, report).resolve(
        tree.NameUse("it", document.statements[-1].span)
    )
    assert value is not None, [d.message for d in report.diagnostics]
    return value


def at(depth: float, layer: int = 0, layers: int = 1, gradient: float | None = None) -> At:
    return At(depth, depth if gradient is None else gradient, layer, layers)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 ** 2 / 9 - 1", 2.0),
        ("-2 ** 2", -4.0),
        ("2 ** 3 ** 0", 2.0),
        ("clamp(3, 0, 1) + clamp(-1, 0, 1)", 1.0),
        ("step(0.5, 0.4) + step(0.5, 0.5)", 1.0),
        ("smoothstep(0.5) + smoothstep(-3) + smoothstep(7)", 1.5),
        ("min(3, 1, 2) + max(3, 1, 2)", 4),
        ("sin(pi / 2) + cos(pi) + exp(0) + log(e) + sqrt(4) + abs(-1)", 5.0),
    ],
)
def test_arithmetic(text: str, expected: float) -> None:
    result = evaluate(value_of(text), at(0.0))
    assert isinstance(result, int | float)
    assert math.isclose(result, expected)


@pytest.mark.parametrize(
    ("text", "depth", "expected"),
    [
        ("curve(7)", 0.3, 7),
        ("curve(0, 1)", 0.25, 0.25),
        ("curve(1, 0, 1)", 0.5, 0),
        ("curve(1, 0, 1)", 1.0, 1),
        ("curve(0, 0.5, 0.3, 0.7, 1)", 0.125, 0.25),
        ("curve(0, depth)", 0.5, 0.25),
        ("curve(true, false)", 0.4, True),
        ("curve(true, false)", 1.0, False),
        ('curve("a", "b", "c")', 0.6, "b"),
    ],
)
def test_curves(text: str, depth: float, expected: Value) -> None:
    assert evaluate(value_of(text), at(depth)) == expected


def test_a_curve_is_exact_at_its_points() -> None:
    points = (0.1, 0.2, 0.7, 0.3)
    curve = value_of(f"curve{points}")
    assert [evaluate(curve, at(i / 3)) for i in (0, 3)] == [0.1, 0.3]
    assert [round(float(evaluate(curve, at(i / 3))), 12) for i in range(4)] == list(points)


def test_places_and_the_two_readings_of_depth() -> None:
    here = at(1.0, layer=3, layers=4, gradient=0.0)
    assert evaluate(value_of("depth + 10 * layer + 100 * layers"), here) == 431
    assert evaluate(value_of("curve(0, 1)"), here) == 1
    assert evaluate(value_of("gradient(0, 1)"), here) == 0


def test_lets_are_functions_and_params_have_defaults() -> None:
    before = ("param p = 0.5", "let half(x) = x * p", "let twice(x, y) = half(x) + half(y)")
    assert evaluate(value_of("twice(1, half(2))", *before), at(0.0)) == 1.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 / depth", "divides by zero"),
        ("log(depth)", "`log` has no value that is a number at 0"),
        ("sqrt(depth - 1)", "`sqrt` has no value"),
        ("exp(1000)", "`exp` has no value"),
        ("1e308 * 10", "not a finite number"),
        ('1 + "a"', "arithmetic needs numbers"),
        ("(0 - 8) ** 0.5", r"`\*\*` has no value"),
    ],
)
def test_values_that_are_none(text: str, words: str) -> None:
    value = value_of(text)
    with pytest.raises(ValueProblem, match=words):
        evaluate(value, at(0.0))


def test_constants_are_known_without_evaluating() -> None:
    assert [c.value for c in constants_of(value_of("0.5")) or ()] == [0.5]
    assert [c.value for c in constants_of(value_of("curve(0, 1)")) or ()] == [0, 1]
    assert constants_of(value_of("curve(0, depth)")) is None
    assert [c.value for c in constants_of(value_of("1 - 0.5")) or ()] == [0.5]
    assert [c.value for c in constants_of(value_of("curve(-1, 2 / 4)")) or ()] == [-1, 0.5]
    assert constants_of(value_of("1 / 0")) is None
    assert constants_of(value_of("1 - depth")) is None


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        (ParamKind.NUMBER, "0.5", 0.5),
        (ParamKind.NUMBER, True, 1.0),
        (ParamKind.INTEGER, 3.0, 3),
        (ParamKind.FLAG, 1, True),
        (ParamKind.TEXT, "a", "a"),
    ],
)
def test_values_that_suit_a_parameter(kind: ParamKind, given: Value, expected: Value) -> None:
    found = conform(Param("p", "", kind, choices=("a", "b")), given)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("param", "given", "words"),
    [
        (Param("p", ""), "much", 'expects a number, not "much"'),
        (Param("p", "", low=0, high=1), 2, "must be at least 0 and at most 1, not 2"),
        (Param("p", "", low=0), -0.5, "must be at least 0, not -0.5"),
        (Param("p", "", ParamKind.INTEGER), 2.5, "expects a whole number, not 2.5"),
        (Param("p", "", ParamKind.FLAG), 0.5, "expects true or false, not 0.5"),
        (Param("p", "", ParamKind.TEXT), 1, "expects a text, not 1"),
        (Param("p", "", ParamKind.TEXT, choices=("a", "b")), "c", 'expects one of a, b, not "c"'),
    ],
)
def test_values_that_do_not(param: Param, given: Value, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        conform(param, given)

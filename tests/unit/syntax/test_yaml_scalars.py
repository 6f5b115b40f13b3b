"""YAML 1.1's spellings of values, and what a recipe makes of them."""

from __future__ import annotations

import pytest

from mergec.diagnostics import Report, Source
from mergec.syntax.tree import Flag, Number, Text
from mergec.syntax.yaml_compose import compose
from mergec.syntax.yaml_nodes import Scalar
from mergec.syntax.yaml_scalars import spelled, value_of


def value(text: str) -> tuple[Number | Flag | Text | None, Report]:
    report = Report()
    node = compose(Source("r.yaml", text), report)
    assert isinstance(node, Scalar)
    return value_of(node, report), report


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", 5),
        ("-5", -5),
        ("+1_000", 1000),
        ("0.5", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1.0e-3", 0.001),
        ("0x1F", 31),
        ("0b101", 5),
        ("0", 0),
        ("-0.0", -0.0),
        ('"0.5"', 0.5),
        ("'1e-3'", 0.001),
        ("!!float 1", 1.0),
        ("yes", True),
        ("On", True),
        ("FALSE", False),
        ("word", "word"),
        ("'yes'", "yes"),
        ("!!str yes", "yes"),
        ("inf", "inf"),
        ("nan", "nan"),
        ("y", "y"),
    ],
)
def test_plain_meaning(text: str, expected: float | bool | str) -> None:
    found, report = value(text)
    assert found is not None
    assert (found.value, type(found.value)) == (expected, type(expected))
    assert not report.diagnostics


@pytest.mark.parametrize(
    ("text", "expected", "written"),
    [
        ("1e-3", 0.001, "0.001"),
        ("1e3", 1000.0, "1000.0"),
        ("1.5e9", 1.5e9, "1500000000.0"),
        ("1e-9", 1e-9, "1.0e-09"),
        ("-.5", -0.5, "-0.5"),
        ("012", 10, "10"),
        ("-012", -10, "-10"),
        ("08", 8.0, "8.0"),
        ("1:30", 90, "90"),
        ("1:30.5", 90.5, "90.5"),
    ],
)
def test_surprising_spellings_are_warned_of(text: str, expected: float, written: str) -> None:
    found, report = value(text)
    assert isinstance(found, Number)
    assert (found.value, type(found.value)) == (expected, type(expected))
    (warning,) = report.warnings
    assert warning.code.value == "yaml-spelling"
    assert warning.help == f"write `{written}`"
    again, quiet = value(written)
    assert isinstance(again, Number)
    assert again.value == expected
    assert not quiet.diagnostics


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (".inf", "bad-value"),
        ("-.INF", "bad-value"),
        (".nan", "bad-value"),
        ("1.0e+999", "bad-value"),
        ("9" * 5000, "bad-value"),
        ("9" * 350, "bad-value"),
        ("1" + ":1" * 3000, "bad-value"),
        ("0x" + "f" * 3000, "bad-value"),
        ("!!int word", "bad-value"),
        ("!!bool word", "bad-value"),
        ("0b_", "bad-value"),
        ("~", "wrong-type"),
        ("2001-01-01", "wrong-type"),
    ],
)
def test_refused(text: str, code: str) -> None:
    found, report = value(text)
    assert found is None
    assert [d.code.value for d in report.diagnostics] == [code]


@pytest.mark.parametrize("number", [0, 7, 0.1, 1e-9, 1e22, -2.5e-10, 123456789.5])
def test_spelled_is_a_number_to_yaml(number: float) -> None:
    found, report = value(spelled(number))
    assert isinstance(found, Number)
    assert found.value == number
    assert not report.diagnostics

"""Values that do not suit a parameter are refused where they are written, whatever their form."""

from __future__ import annotations

from pathlib import Path

import pytest

from mergec.api import Blend, Inputs, Method, Param, ParamKind, Scope
from mergec.diagnostics import Diagnostic, RecipeError, Report, Source
from mergec.driver import Request, compile_recipe
from tests.support.plugins import with_methods
from tests.support.tiny import write_tiny

PARAMS = (
    Param("share", "Over 0.", default=1.0, above=0.0, high=1.0),
    Param("tail", "Below 1.", default=0.0, low=0.0, below=1.0),
    Param("rounds", "How often.", ParamKind.INTEGER, default=1, low=1, high=9),
    Param("signed", "Whether.", ParamKind.FLAG, default=False),
    Param("norm", "Which.", ParamKind.TEXT, default="l1", choices=("l1", "l2")),
    Param("weight", "Of an input.", scope=Scope.PER_INPUT, default=1.0, low=-2.0),
)
STRICT = Method("strict", "Is.", Blend(fixed=lambda count, arguments: (1 / count,) * count), Inputs(2), PARAMS)
HEAD = 'model a = "a"\nmodel b = "b"\n'


def found(folder: Path, rules: str) -> list[Diagnostic]:
    for name in ("a", "b"):
        write_tiny(folder / name, "llama layers=5")
    report = Report()
    source = Source("recipe.merge", f"{HEAD}merge m = strict(a, b) {{ {rules} }}")
    try:
        compile_recipe(source, Request(str(folder), workers=1), report, with_methods(STRICT))
    except RecipeError as error:
        return list(error.diagnostics)
    return list(report.diagnostics)


def said(d: Diagnostic) -> tuple[str, str, str]:
    assert d.span is not None
    return d.message, d.span.text, d.labels[0].text


@pytest.mark.parametrize(
    ("rules", "message", "marked"),
    [
        ("share = 0", "`share` must be above 0 and at most 1, not 0", "0"),
        ("share = 1.01", "`share` must be above 0 and at most 1, not 1.01", "1.01"),
        ("tail = 1", "`tail` must be at least 0 and below 1, not 1", "1"),
        ("tail[norm] = -0.1", "`tail` must be at least 0 and below 1, not -0.1", "-0.1"),
        ("rounds = 10", "`rounds` must be at least 1 and at most 9, not 10", "10"),
        ("rounds = 2.5", "`rounds` expects a whole number, not 2.5", "2.5"),
        ("signed = 2", "`signed` expects true or false, not 2", "2"),
        ("norm = l3", '`norm` expects one of l1, l2, not "l3"', "l3"),
        ("norm = 1", "`norm` expects a text, not 1", "1"),
        ("weight = -3", "`weight` must be at least -2, not -3", "-3"),
        ("b.weight = -3", "`weight` must be at least -2, not -3", "-3"),
        ("b.weight[mlp] = curve(1, -4, 1)", "`weight` must be at least -2, not -4", "-4"),
        ("share = curve(1, 0.5, 0)", "`share` must be above 0 and at most 1, not 0", "0"),
    ],
)
def test_what_can_be_seen_in_the_recipe(rules: str, message: str, marked: str, tmp_path: Path) -> None:
    assert [said(d) for d in found(tmp_path, rules)] == [(message, marked, "")]


@pytest.mark.parametrize(
    ("rules", "message", "marked", "where"),
    [
        ("share[mlp] = 1 - depth", "`share` must be above 0 and at most 1, not 0", "1 - depth", "at depth 1"),
        ("tail[mlp] = 4 * depth", "`tail` must be at least 0 and below 1, not 1", "4 * depth", "at depth 0.25"),
        ("rounds[mlp] = curve(1, 2)", "`rounds` expects a whole number, not 1.25", "curve(1, 2)", "at depth 0.25"),
        ("rounds[mlp] = 8 + layer", "`rounds` must be at least 1 and at most 9, not 10", "8 + layer", "at depth 0.5"),
        ("signed[mlp] = layer", "`signed` expects true or false, not 2", "layer", "at depth 0.5"),
        ("norm[mlp] = 1 * depth", "`norm` expects a text, not 0", "1 * depth", "at depth 0"),
        ("a.weight[mlp] = -3 * depth", "`weight` must be at least -2, not -2.25", "-3 * depth", "at depth 0.75"),
    ],
)
def test_what_only_shows_at_some_depth(rules: str, message: str, marked: str, where: str, tmp_path: Path) -> None:
    assert [said(d) for d in found(tmp_path, rules)] == [(message, marked, where)]


@pytest.mark.parametrize(
    "rules",
    [
        "share = 1e-9  share[mlp] = 1  tail = 0  tail[mlp] = 0.999",
        "rounds = curve(1, 2, 3, 4, 5)  rounds[not layers[0..5]] = 9",
        "signed = true  signed[mlp] = 0  signed[norm] = step(0.5, depth)",
        "norm = l2  norm[mlp] = l1  a.weight = -2  weight = curve(-2, 7)",
    ],
)
def test_values_at_their_bounds(rules: str, tmp_path: Path) -> None:
    assert [d.message for d in found(tmp_path, rules) if d.code.value != "rule-never-wins"] == []

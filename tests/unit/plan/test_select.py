"""Selectors as predicates."""

from __future__ import annotations

import pytest

from mergec.core.anatomy import Place, Position
from mergec.diagnostics import Report, Source, Span
from mergec.plan.select import Subject, compile_selector, glob_pattern
from mergec.syntax import parse, tree

PLACE = Place(Position.LAYER, "model.layers.", 3, 4, "mlp.up_proj.weight", frozenset({"mlp", "up"}))
IN_LAYER = Subject("model.layers.3.mlp.up_proj.weight", "h.3.mlp.up_proj.weight", PLACE, 2)
NORM = Subject("norm.weight", "norm.weight", Place(Position.AFTER, "", None, 0, "", frozenset({"norm"})), 1)


def selector(text: str) -> tree.Selector:
    report = Report()
    document = parse(Source("r.merge", f"merge m = lerp(a, b) {{ t[{text}] = 1 }}"), report)
    assert document is not None, report.diagnostics
    (statement,) = document.statements
    assert isinstance(statement, tree.MergeStatement)
    assert isinstance(statement.value, tree.Call)
    found = statement.value.rules[0].selector
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "in_layer", "norm"),
    [
        ("mlp", True, False),
        ("not mlp", False, True),
        ("mlp and norm or up", True, False),
        ("(mlp or norm) and not up", False, True),
        ("rank(1)", False, True),
        ("layers[3..4]", True, False),
        ("layers[0..3]", False, False),
        ("layers[-1..4]", True, False),
        ("layers[-4..-1]", False, False),
        ("not layers[0..4]", False, True),
        ('"*mlp*"', True, False),
        ('"mlp"', False, False),
        ('"norm.weight"', False, True),
        ('"*.?.mlp.*"', True, False),
        ("/norm/", False, True),
        (r"/layers\.[0-9]+\./", True, False),
        (r"/^norm\.weight$/", False, True),
    ],
)
def test_selectors(text: str, in_layer: bool, norm: bool) -> None:
    matches = compile_selector(selector(text))
    assert (matches(IN_LAYER), matches(NORM)) == (in_layer, norm)


def test_a_filter_is_a_substring_of_the_name_it_is_meant_for() -> None:
    span = Span(Source("r.yaml", ""), 0, 0)
    assert compile_selector(tree.Contains("h.3", span))(IN_LAYER)
    assert not compile_selector(tree.Contains("layers", span))(IN_LAYER)


def test_a_rule_without_a_selector_matches_everything() -> None:
    assert compile_selector(None)(NORM)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("a.[0].b", "a.[0].b", True),
        ("a.[0].b", "a.0.b", False),
        ("a.!x", "a.!x", True),
        ("*", "a\nb", True),
        ("a?", "a", False),
        ("A", "a", False),
        ("a.b", "axb", False),
    ],
)
def test_globs_know_only_two_signs(pattern: str, name: str, expected: bool) -> None:
    assert (glob_pattern(pattern).fullmatch(name) is not None) is expected

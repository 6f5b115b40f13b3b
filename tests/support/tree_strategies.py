"""Syntax trees of the merge language, drawn at random: every node that has a spelling, whatever it means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from mergec.diagnostics import Report, Source, Span
from mergec.syntax import tree
from mergec.syntax.literals import read_regex
from mergec.syntax.words import KEYWORDS, ROLES

HERE = Span(Source("", ""), 0, 0)

words = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True) | st.sampled_from(["layers", "rank", "depth", "t"])
names = words.filter(lambda word: word not in KEYWORDS).map(lambda word: tree.Name(word, HERE))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(lambda text: tree.Text(text, HERE))
numbers = st.one_of(
    st.integers(0, 10**40),
    st.floats(min_value=0.0, allow_infinity=False, allow_nan=False).map(abs),
    st.sampled_from([0, 1, 0.5, 0.1, 1e-5, 1e16, 1e22, 5e-324, 1.7976931348623157e308]),
).map(lambda value: tree.Number(value, HERE))
name_uses = names.map(lambda name: tree.NameUse(name.text, HERE))
leaves = numbers | st.booleans().map(lambda flag: tree.Flag(flag, HERE)) | texts | name_uses


def _is_valid(pattern: str) -> bool:
    report = Report()
    read_regex("/" + pattern.replace("/", "\\/") + "/", HERE, report)
    return not report.failed


_bits = st.sampled_from(["mlp", r"\.", "[0-9]+", "(?:up|down)", "#", "/", r"\d", " ", '"', "^", "$", "|", r"\\", "é"])
patterns = st.lists(_bits, min_size=1, max_size=5).map("".join).filter(_is_valid)


def _in_layers(first: int | None, end: int | None) -> tree.InLayers:
    is_empty = first is not None and end is not None and first >= end and (first < 0) == (end < 0)
    return tree.InLayers(None if is_empty else first, end, HERE)


_bounds = st.none() | st.integers(-40, 40)
tests = st.one_of(
    st.sampled_from(ROLES).map(lambda role: tree.Role(role, HERE)),
    st.builds(_in_layers, _bounds, _bounds),
    st.integers(0, 5).map(lambda rank: tree.HasRank(rank, HERE)),
    texts.map(lambda text: tree.Glob(text.value, HERE)),
    patterns.map(lambda pattern: tree.Regex(pattern, HERE)),
)
selectors = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds(tree.Not, inner, st.just(HERE)),
        st.builds(tree.And, inner, inner, st.just(HERE)),
        st.builds(tree.Or, inner, inner, st.just(HERE)),
    ),
    max_leaves=6,
)


Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def expressions(draw: Draw, depth: int = 3) -> Any:
    """An expression that nests no deeper."""
    kind = draw(st.integers(0, 6)) if depth else 0
    inner = expressions(depth=depth - 1)
    match kind:
        case 3:
            return tree.Unary("-", draw(inner), HERE)
        case 4:
            return tree.Binary(draw(st.sampled_from(["+", "-", "*", "/", "**"])), draw(inner), draw(inner), HERE)
        case 5:
            return tree.LayerRange(draw(inner), draw(st.none() | inner), draw(st.none() | inner), HERE)
        case 6:
            return draw(calls(depth=depth - 1))
        case _:
            return draw(leaves)


@st.composite
def calls(draw: Draw, depth: int) -> tree.Call:
    """A call, with all that can stand in one."""
    values = expressions(depth=depth)
    kind = draw(st.integers(0, 4))
    if kind == 3:
        arguments = (draw(repeated(depth=depth, own=False)),)
    elif kind == 4:
        arguments = draw(_tuples(values | repeated(depth=depth, own=True), 1, 3))
    else:
        arguments = draw(_tuples(values, 0, 3 if kind else 9))
    rules = st.builds(tree.Rule, names, st.none() | names, st.none() | selectors, values, st.just(HERE))
    return tree.Call(draw(names), arguments, draw(_pairs(values)), draw(_tuples(rules, 0, 4)), HERE)


@st.composite
def repeated(draw: Draw, depth: int, own: bool) -> tree.ForEach:
    """Parts of a stack, once for each number of a range."""
    values = expressions(depth=depth)
    inner = values | repeated(depth=depth - 1, own=True) if depth else values
    parts, step = draw(_tuples(inner, 1, 3)), draw(st.none() | values)
    return tree.ForEach(parts, draw(names), draw(values), draw(values), step, own, HERE)


def _pairs(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[tuple[tree.Name, Any], ...]]:
    return st.lists(st.tuples(names, values), max_size=2, unique_by=lambda pair: pair[0].text).map(tuple)


def _tuples(values: st.SearchStrategy[Any], least: int, most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, min_size=least, max_size=most).map(tuple)


def _param(name: tree.Name, default: Any, bounds: tuple[Any, Any] | None) -> tree.ParamStatement:
    low, high = bounds or (None, None)
    return tree.ParamStatement(name, default, low, high, HERE)


values = expressions()
statements = st.one_of(
    st.builds(tree.ModelStatement, names, texts, st.just(HERE)),
    st.builds(_param, names, values, st.none() | st.tuples(values, values)),
    st.builds(
        tree.LetStatement,
        names,
        st.lists(names, max_size=3, unique_by=lambda name: name.text).map(tuple),
        values,
        st.just(HERE),
    ),
    st.builds(tree.MergeStatement, names, values | calls(depth=2), st.just(HERE)),
    st.builds(tree.OutputStatement, names, _pairs(values), st.just(HERE)),
    st.builds(tree.RequiresStatement, texts, st.just(HERE)),
    st.builds(tree.IncludeStatement, texts, st.just(HERE)),
)
documents = _tuples(statements, 1, 4)

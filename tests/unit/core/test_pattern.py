"""Regular expressions agree with Python's where both know them, and take no more time than the name is long."""

from __future__ import annotations

import re
import time
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mergec.core.pattern import MOST_STATES, compile_pattern
from mergec.core.pattern_tree import DEEPEST, MOST_CHARACTERS, PatternError

SINGLE = st.sampled_from([*"abé1_. -", r"\.", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", ".", "[ab]", "[^a.]"])
PLACES = st.sampled_from(["^", "$", r"\b", r"\B", r"\A", r"\Z"])
SETS = st.sampled_from(["[]a]", "[^]]", "[a-c1-3]", r"[\d_-]", r"[^\w.]", "[-a]", "[a-]", r"[\]\\]", "[.^$|()]"])
TIMES = st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{,2}", "{0,3}", "*?", "+?", "??", "{1,2}?"])
NAMES = st.text("abcé123_. -", min_size=1, max_size=12)


def grouped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    group = st.tuples(st.sampled_from(["(", "(?:"]), inner, st.just(")")).map("".join)
    repeated = st.tuples(st.one_of(group, SETS, SINGLE), TIMES).map("".join)
    return st.one_of(repeated, group, st.tuples(inner, inner).map("".join), st.tuples(inner, inner).map("|".join))


PATTERNS = st.recursive(st.one_of(SINGLE, PLACES, SETS), grouped, max_leaves=8)


@given(PATTERNS, NAMES)
def test_it_finds_what_python_finds(pattern: str, name: str) -> None:
    ours = compile_pattern(pattern)
    assert ours.found_in(name) is (re.compile(pattern).search(name) is not None)
    assert ours.found_in(name) is (re.compile(pattern).search(name) is not None)  # what is kept says the same


@given(st.text("ab(|)[]*+?{,}1\\d^$-.", max_size=8), st.text("ab1", min_size=1, max_size=5))
def test_any_text_is_read_as_python_reads_it_or_refused(pattern: str, name: str) -> None:
    try:
        ours = compile_pattern(pattern)
    except PatternError:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert ours.found_in(name) is (re.compile(pattern).search(name) is not None)


@given(st.lists(NAMES, min_size=1, max_size=8))
def test_one_pattern_serves_many_names(names: list[str]) -> None:
    pattern = compile_pattern(r"a+\b.(b|é)?")
    assert [pattern.found_in(n) for n in names] == [re.search(r"a+\b.(b|é)?", n) is not None for n in names]


@pytest.mark.parametrize(
    ("pattern", "name", "found"),
    [
        ("(a+)+$", "a" * 2000 + "b", False),
        ("(a|a)*$", "a" * 2000 + "b", True),
        ("(a|a)*c", "a" * 2000 + "b", False),
        ("(a|aa)+$", "a" * 2000 + "b", False),
        ("(.*)*x", "a" * 2000, False),
        ("a*a*a*a*a*a*b", "a" * 2000, False),
        ("(a*)*(a*)*b", "a" * 2000, False),
        ("((a?){20}a){20}b", "a" * 500, False),
        ("(x+x+)+y", "x" * 2000, False),
        (r"^(\w+\.?)*$", "model.layers." * 50 + "-", False),
        ("(a|b|ab)*bc", "ab" * 1000, False),
    ],
)
def test_time_grows_with_the_length_of_the_name(pattern: str, name: str, found: bool) -> None:
    started = time.monotonic()
    assert compile_pattern(pattern).found_in(name) is found
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", "`(` is not closed, at character 1"),
        ("a)", "`)` closes nothing, at character 2"),
        ("[a", "`[` is not closed, at character 1"),
        ("*a", "there is nothing to repeat, at character 1"),
        ("^*", "there is nothing to repeat, at character 2"),
        ("a**", "a repetition is repeated without parentheses, at character 3"),
        ("a{3}{2}", "a repetition is repeated without parentheses, at character 5"),
        ("a{3,2}", "the most is less than the least, at character 2"),
        ("a{5000}", "more than 1000 repetitions, at character 2"),
        ("a\\", "a backslash stands at the end, at character 2"),
        (r"(a)\1", "a pattern cannot ask for what a group matched before, at character 4"),
        (r"\q", "`\\q` means nothing, at character 1"),
        ("[b-a]", "this is no range of characters, at character 4"),
        (r"[\d-a]", "this is no range of characters, at character 5"),
        ("(" * (DEEPEST + 1), f"groups nest more than {DEEPEST} deep, at character {DEEPEST + 1}"),
        ("a" * (MOST_CHARACTERS + 1), f"it is longer than {MOST_CHARACTERS} characters"),
        ("(a{100}){100}", "written out it is too long"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_place(pattern: str, why: str) -> None:
    with pytest.raises(PatternError) as error:
        compile_pattern(pattern)
    assert str(error.value).startswith(why)


@pytest.mark.parametrize(
    "pattern", ["(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?i)a", "(?i:a)", "(?P=n)", "(?>a)", "(?#a)"]
)
def test_what_looks_around_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="a group is written"):
        compile_pattern(pattern)


def test_what_is_kept_is_bounded() -> None:
    pattern = compile_pattern(r"(a|b)*a(a|b){9}c")
    for number in range(3000):
        name = f"{number:012b}".replace("0", "a").replace("1", "b")
        assert not pattern.found_in(name)
    assert len(pattern._steps) < 25_000
    assert MOST_STATES <= 2000

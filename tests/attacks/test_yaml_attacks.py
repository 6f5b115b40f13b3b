"""YAML that is meant to exhaust its reader: findings in a second of CPU and 100 MB, and never an exception."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mergec.diagnostics import Report, Source
from mergec.syntax import parse
from tests.support.trees import read

GOOD = "merge_method: m\nmodels: [{model: a}]\n"


def alias_bomb(levels: int = 12) -> str:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(lines)


def merge_bomb(levels: int = 12) -> str:
    lines = ["l0: &l0 {a: 1, b: 2}"]
    lines += [f"l{i}: &l{i} {{<<: [{', '.join([f'*l{i - 1}'] * 10)}]}}" for i in range(1, levels)]
    return "\n".join(lines)


BOMBS = {
    "aliases": alias_bomb(),
    "merge keys": merge_bomb(),
    "merge keys used often": "a: &a {"
    + ", ".join(f"k{i}: 1" for i in range(3000))
    + "}\nb: ["
    + "{<<: *a}, " * 3000
    + "]",
    "deep flow": "[" * 500_000,
    "deep mappings": "{a: " * 200_000,
    "deep block": "- " * 400_000,
    "deep keys": "? " * 400_000,
    "too long": "a" * 10_000_000,
    "too many": "- a\n" * 240_000,
    "long number": GOOD + "parameters: {t: " + "9" * 900_000 + "}",
    "long sixties": GOOD + "parameters: {t: 1" + ":1" * 400_000 + "}",
    "long layer": "merge_method: m\nslices: [{sources: [{model: a, layer_range: [0, 0x" + "f" * 900_000 + "]}]}]",
    "long key": GOOD + "x" * 900_000 + ": 1",
    "long method": "models: [{model: a}]\nmerge_method: " + "x" * 900_000,
    "long reference": "merge_method: m\nmodels: [{model: " + "a/" * 400_000 + "}]",
    "many at signs": "merge_method: m\nmodels: [{model: " + "a@" * 400_000 + "}]",
    "many bad keys": GOOD + "".join(f"modls{i}: 1\n" for i in range(30_000)),
    "same key": GOOD + "a: 1\n" * 60_000,
    "many warnings": GOOD + "parameters: {t: [" + "1e-3, " * 90_000 + "]}",
    "many models": "merge_method: m\nmodels:\n" + "".join(f"- model: a@{i}\n" for i in range(20_000)),
    "rules times slices": (
        "merge_method: m\nparameters: {t: [" + "{value: 1}, " * 20_000 + "]}\n"
        "slices: [" + "{sources: [&s {model: a, layer_range: [0, 1]}]}, " + "{sources: [*s]}, " * 5_000 + "]"
    ),
    "unclosed quote": "a: '" + "x\n\n" * 300_000,
    "comments": "# x\n" * 240_000,
    "anchors": "".join(f"a{i}: &a{i} 1\n" for i in range(45_000)),
    "long tag": "a: !" + "x" * 900_000 + " 1",
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_is_slow_for_nobody(name: str) -> None:
    source = Source("bomb.yaml", BOMBS[name])
    report = Report()
    start = time.process_time()
    document = parse(source, report)
    elapsed = time.process_time() - start
    assert (document is None) == report.failed
    assert all(len(d.message) < 300 and len(d.help or "") < 400 for d in report.diagnostics)
    assert len(report.diagnostics) <= 201
    assert elapsed < 2.0  # the slowest takes 0.95 s alone; a loaded machine counts more


@pytest.mark.parametrize(
    "name", ["aliases", "merge keys used often", "too many", "rules times slices", "many warnings"]
)
def test_a_bomb_takes_little_memory(name: str) -> None:
    code = (
        "import resource, sys; from mergec.diagnostics import Report, Source; from mergec.syntax import parse\n"
        "parse(Source('b.yaml', 'a: 1'), Report())\n"
        "text = sys.stdin.read(); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "parse(Source('b.yaml', text), Report())\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=BOMBS[name], text=True, capture_output=True, check=True)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 100_000_000


WORDS = """
merge_method models slices sources model layer_range parameters base_model dtype out_dtype tokenizer name t weight
filter value slerp a/b a@b a+b bf16 float16 0.5 1e-3 010 1:30 .inf ~ yes '*' << : [ ] { } &x *x !!str ' " | \0 é @ %
"""
SPACED = [
    ": ",
    ", ",
    "\n",
    "\n- ",
    "\n  ",
    "\n    ",
    " ",
    "!!python/none ",
    "---\n",
    "# ",
    "\t",
    "\ufeff",
    "\r\n",
    "? ",
]
PIECES = st.sampled_from([*WORDS.split(), *SPACED, "[0, 4]", "- model: a\n"])
KEYS = """
merge_method models slices sources model path revision lora layer_range parameters base_model dtype filter value t name
modules
"""
LEAVES = (
    st.none() | st.booleans() | st.integers(-3, 40) | st.floats() | st.sampled_from(["a", "a@b", "a+b", "1e-3", "*"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=4),
    max_leaves=20,
)


def only_findings(text: str) -> None:
    document, report = read(text)
    assert (document is None) == report.failed
    for diagnostic in report.diagnostics:
        for label in diagnostic.labels:
            assert 0 <= label.span.start <= label.span.end <= len(text)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(PIECES, max_size=40))
def test_scraps_of_yaml(pieces: list[str]) -> None:
    only_findings("".join(pieces))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(VALUES)
def test_any_structure(value: object) -> None:
    import yaml

    only_findings(yaml.safe_dump(value, sort_keys=False))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=60))
@example("\ud800")
@example("a: \x85\u2028b")
def test_any_text(text: str) -> None:
    only_findings(text)

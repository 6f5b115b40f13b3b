"""grammar/README.md, the language on one screen: its recipe is checked, every sample parses, every list is whole."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from mergec.core.words import KEYWORDS
from mergec.diagnostics import Report, Source
from mergec.recipe.resolve_output import SETTINGS
from mergec.recipe.values import FUNCTIONS
from mergec.syntax import parse
from mergec.syntax.formatting import format_source
from mergec.syntax.tree import Statement
from mergec.syntax.words import ROLES
from mergec.testing.archs import TINYLLAMA_1_1B
from mergec.testing.write import write_header_only
from tests.support.pages import ROOT, Mergec, blocks

PAGE = (ROOT / "grammar" / "README.md").read_text(encoding="utf-8")
RECIPE = next(blocks(PAGE)).text
ROWS = dict(re.findall(r"(?m)^\| ([a-z][a-z ]*) \| (.+) \|$", PAGE))
SAMPLES = {
    "what makes a model": "merge m = {}",
    "rules": "merge m = ties(chat, base = base) {{ {} }}",
    "selectors": "merge m = lerp(base, chat) {{ t[{}] = 0.5 }}",
    "values": "let x = {}",
    "of the place": "let x = {}",
    "texts": "let x = {}",
}
LISTS = {
    "statements": {"include", "requires", "model", "param", "let", "merge", "output"},
    "roles": {*ROLES},
    "functions": {name for name in FUNCTIONS if name.isidentifier() and name != "negate"} | {"pi", "e"},
    "output": {*SETTINGS},
    "reserved": {*KEYWORDS},
}


def spans(row: str) -> list[str]:
    return re.findall(r"`([^`]+)`", ROWS[row])


def statements(text: str) -> tuple[Statement, ...]:
    report = Report()
    document = parse(Source("screen.merge", text), report)
    assert document is not None, report.diagnostics
    assert not report.diagnostics, text
    return document.statements


def test_the_recipe_is_laid_out() -> None:
    assert format_source(Source("screen.merge", RECIPE), Report()) == RECIPE


def test_the_recipe_has_every_statement_and_no_error(tmp_path: Path, mergec: Mergec) -> None:
    for name in ("base", "chat", "code", "math"):
        write_header_only(str(tmp_path / name), replace(TINYLLAMA_1_1B, shard_bytes=10**12))
    (tmp_path / "models.merge").write_text('model code = "./code"\nmodel math = "./math"\n', encoding="utf-8")
    (tmp_path / "screen.merge").write_text(RECIPE, encoding="utf-8")
    assert mergec(["check", "screen.merge", "--model", "base=base", "--model", "chat=chat"]) == "no errors\n"
    kinds = {type(statement).__name__ for statement in statements(RECIPE)}
    assert len(kinds) == len(LISTS["statements"])


@pytest.mark.parametrize("row", SAMPLES)
def test_every_sample_parses(row: str) -> None:
    assert len(spans(row)) > 0
    for sample in spans(row):
        assert len(statements(SAMPLES[row].format(sample))) == 1


@pytest.mark.parametrize("row", LISTS)
def test_every_list_is_whole(row: str) -> None:
    assert set(spans(row)) == LISTS[row]


def test_every_row_is_tested() -> None:
    assert ROWS.keys() == SAMPLES.keys() | LISTS.keys()

"""Commands print what the manual shows. After a change that is meant, MERGEC_ACCEPT=1 writes what they print now."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from mergec.diagnostics import Code
from tests.support.pages import PAGES, ROOT, UPDATE, Mergec, replay

ERRORS = ROOT / "docs" / "errors"
ELSEWHERE = (ROOT / "README.md", *(ROOT / "docs" / "cookbook").glob("*.md"))
"""Pages with models of their own, and tests beside this one."""


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", [p for p in PAGES if p not in ELSEWHERE], ids=name_of)
def test_commands_print_what_is_shown(page: Path, demo: Path, mergec: Mergec) -> None:
    text = page.read_text(encoding="utf-8")
    now = replay(text, demo, mergec)
    if os.environ.get(UPDATE):
        page.write_text(now, encoding="utf-8")
    assert now == text


@pytest.mark.parametrize("code", Code, ids=lambda code: code.value)
def test_every_code_has_a_page_that_shows_it(code: Code) -> None:
    text = (ERRORS / f"{code.value}.md").read_text(encoding="utf-8")
    assert re.match(rf"# `{code.value}`: \S", text)
    assert f"[{code.value}]: " in text
    assert "no errors" in text


def test_every_page_of_errors_is_of_a_code() -> None:
    codes = {code.value for code in Code}
    assert {page.stem for page in ERRORS.glob("*.md")} - {"index"} == codes

"""Every code a diagnostic can carry is in use, has a page in the manual and a case in the specification."""

from __future__ import annotations

import re
from pathlib import Path

from mergec.diagnostics import Code

ROOT = Path(__file__).parents[2]


def found_in(folder: str, pattern: str, suffix: str) -> set[str]:
    """The first groups of all matches in the files of a folder."""
    texts = (path.read_text(encoding="utf-8") for path in ROOT.joinpath(folder).rglob(f"*{suffix}"))
    return {match for text in texts for match in re.findall(pattern, text)}


def test_every_code_is_in_use() -> None:
    assert {code.name for code in Code} - found_in("mergec", r"\bCode\.([A-Z_]+)\b", ".py") == set()


def test_every_code_has_a_page() -> None:
    pages = {path.stem for path in ROOT.joinpath("docs", "errors").glob("*.md")}
    assert pages - {"index"} == {code.value for code in Code}


def test_every_code_has_a_case() -> None:
    cases = found_in("tests/spec", r"(?m)^(?:error|warning)\[([a-z-]+)\]", ".md")
    assert {code.value for code in Code} - cases == set()

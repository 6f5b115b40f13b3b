"""Files and functions stay small enough to be read at a glance."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def sources(*folders: str) -> dict[str, str]:
    """The text of every Python file, by its path in the repository."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def functions(text: str) -> Iterator[tuple[str, int]]:
    """Every function of a file: line and name, and how many lines it has."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield f"{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def test_no_file_is_long() -> None:
    sizes = {path: len(text.splitlines()) for path, text in sources("mergec", "plugins", "tests").items()}
    assert len(sizes) > 100
    assert {path: lines for path, lines in sizes.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_long() -> None:
    files = sources("mergec", "plugins", "tests").items()
    sizes = {f"{path}:{name}": lines for path, text in files for name, lines in functions(text)}
    assert {name: lines for name, lines in sizes.items() if lines > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("folder", ["mergec", "plugins"])
def test_functions_are_short_as_a_rule(folder: str) -> None:
    assert median(lines for text in sources(folder).values() for _, lines in functions(text)) < 10


def test_lines_of_a_function_are_counted() -> None:
    assert list(functions("\ndef f():\n" + "    pass\n" * 3 + "\nx = 1\n")) == [("2 f", 4)]

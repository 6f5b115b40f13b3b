"""Recipes that parse and are built to take forever once their names are looked up, or their rules are applied."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest

from tests.support.finding import findings
from tests.support.tiny import write_tiny

MODELS = 'model a = "a"\nmodel b = "b"\n'
MANY = 3_000
NESTED = "(" * 150 + "a[0..1]" + "".join(f" for i{n} in 0..2)" for n in range(150))
LETS = "\n".join(f"let x{n} = x{n + 1}" for n in range(MANY))
MERGES = "\n".join(f"merge m{n} = stack(m{n + 1})" for n in range(MANY))
DOUBLED = "\n".join(f"let d{n} = d{n + 1} + d{n + 1}" for n in range(60))

PATTERNS = ("(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*)*x", "a*a*a*a*a*a*b", r"((\w+\.?)*)*\1?", r"(.*.*.*.*.*)*_$")
REFUSED = {
    "a circle of values": f"{LETS}\nlet x{MANY} = x0\nmerge m = lerp(a, b) {{ t = x0 }}\noutput m",
    "a circle of merges": f"{MERGES}\nmerge m{MANY} = stack(m0)\noutput m0",
    "a function that calls itself": "let f(x) = f(x) + f(x)\nmerge m = lerp(a, b) { t = f(1) }",
    "values doubled": f"{DOUBLED}\nlet d60 = 0\nmerge m = lerp(a, b) {{ t = d0 }}",
    "ranges in ranges": f"merge m = stack({NESTED})",
    "a range without end": "merge m = stack(a[i..i+1] for i in 0..1e300)",
    "small steps": "merge m = stack(a[0..1] for i in 0..1 by 1e-300)",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in "ab":
        write_tiny(tmp_path / name, f"llama layers=8 +model.{'a' * 200}-:BF16[8]")
    return tmp_path


@pytest.mark.parametrize("name", REFUSED)
def test_definitions_without_end_are_refused(name: str, folder: Path) -> None:
    start = process_time()
    found = findings(folder, MODELS + REFUSED[name], "merge")
    assert process_time() - start < 5
    assert any(f.startswith("error ") for f in found), found


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_are_found_in_time_or_refused(pattern: str, folder: Path) -> None:
    start = process_time()
    findings(folder, f"{MODELS}merge m = lerp(a, b) {{ t = 0.5  t[/{pattern}/] = 0.1 }}", "merge")
    assert process_time() - start < 5


@pytest.mark.parametrize("glob", ["*a" * 100 + "*b", "?*" * 200 + "!", "*" * 500 + "x"])
def test_globs_are_found_in_time(glob: str, folder: Path) -> None:
    start = process_time()
    drop = f'output m {{ drop = "{glob}" }}'
    findings(folder, f'{MODELS}merge m = lerp(a, b) {{ t = 0.5  t["{glob}"] = 0.1 }}\n{drop}', "merge")
    assert process_time() - start < 5

"""What is said of the values that rules give."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.finding import findings
from tests.support.tiny import write_tiny

MODELS = 'model a = "a"\nmodel b = "b"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tiny(tmp_path / "a", "llama layers=6")
    write_tiny(tmp_path / "b", "llama layers=6")
    return tmp_path


@pytest.mark.parametrize(("value", "marked"), [("depth", "depth"), ("curve(0, 0.5, 1)", "0.5"), ("2 - 0.5", "2 - 0.5")])
def test_a_value_that_does_not_suit_is_one_error(value: str, marked: str, folder: Path) -> None:
    text = f"{MODELS}merge m = linear(a, b) {{ weight = 1  normalize = {value} }}"
    assert findings(folder, text, "merge") == [f"error bad-value {marked}"]


@pytest.mark.parametrize("value", ["1.5", "2 * depth", "curve(0, 2)", "curve(-1, 0, 2)"])
def test_a_value_beyond_the_usual_is_one_warning(value: str, folder: Path) -> None:
    assert findings(folder, f"{MODELS}merge m = slerp(a, b) {{ t = {value} }}", "merge") == [
        f"warning extrapolation {value}"
    ]


def test_a_value_that_never_counts_extrapolates_nothing(folder: Path) -> None:
    text = f"{MODELS}merge m = slerp(a, b) {{ t = 7  t = 0.5 }}\nmerge n = slerp(a, b) {{ t = 8 }}\noutput m"
    assert findings(folder, text, "merge") == ["warning unused-name n", "warning rule-never-wins t = 7"]

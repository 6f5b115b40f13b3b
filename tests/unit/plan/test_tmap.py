"""The t-map: which bar a value gets, and how many layers fit in how many columns."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from mergec.core.style import Style
from mergec.plan.explain import explain_text
from mergec.plan.explain.tmap import BARS, BARS_ASCII, Grid, Scale
from tests.support.compiling import compile_text
from tests.support.tiny import write_tiny


def rows(folder: Path, rules: str, layers: int, style: Style) -> dict[str, str]:
    """The drawn cells of each row, by its label."""
    for name in ("a", "b"):
        write_tiny(folder / name, f"llama layers={layers}")
    text = f'model a = "a"\nmodel b = "b"\nmerge m = lerp(a, b) {{ {rules} }}'
    map_ = explain_text(compile_text(folder, text, "merge").plan, style).split("\n\n")[1]
    return {line.split()[0]: line.split()[1] for line in map_.splitlines()[1:]}


def test_the_ends_of_the_scale_are_the_lowest_and_the_highest_bar() -> None:
    scale = Scale(0.0, 1.0)
    assert [scale.level(v) for v in (-1, 0, 0.5, 0.5 - 1e-12, 0.93, 1, 9)] == [0, 0, 4, 4, 7, 7, 7]
    assert Scale(0.5, 0.5).level(0.5) == 3


def test_values_beyond_the_usual_stretch_the_scale(tmp_path: Path) -> None:
    drawn = rows(tmp_path, "t = 1  t[mlp] = 2", 2, Style())
    assert set(drawn["mlp.*"]) == {BARS[7]}
    assert set(drawn["self_attn.*"]) == {BARS[4]}


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("layers", [2, 22, 80, 126])
def test_a_rise_rises_at_any_width_and_depth(width: int, layers: int, tmp_path: Path) -> None:
    drawn = rows(tmp_path, "t = depth  t[mlp] = 1 - depth", layers, Style(width))
    rise = [BARS.index(cell) for cell in drawn["self_attn.*"]]
    fall = [BARS.index(cell) for cell in drawn["mlp.*"]]
    assert all(a <= b for a, b in pairwise(rise))
    assert all(a >= b for a, b in pairwise(fall))
    assert (rise[0], rise[-1], fall[0], fall[-1]) == (0, 7, 7, 0)
    assert len(rise) == len(fall) <= width
    assert len(rise) >= min(layers, 18)


def test_the_grid_is_as_wide_as_there_is_room() -> None:
    assert Grid.fit(["mlp"], 2, 100).columns == 8
    assert Grid.fit(["mlp"], 1000, 100).columns <= 100
    assert Grid.fit(["x" * 500], 40, 80).label == 26


def test_ascii_has_as_many_bars() -> None:
    assert len(BARS_ASCII) == len(BARS) == len(set(BARS_ASCII))


def test_drawing_without_unicode_uses_no_other_signs(tmp_path: Path) -> None:
    drawn = rows(tmp_path, "t = curve(0, 1, 0)", 9, Style(unicode=False))
    assert "".join(drawn.values()).isascii()

"""Values that are not finite numbers stop at the recipe."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path

import pytest

from mergec.core.params import Param, ParamKind, Value
from mergec.recipe import conform
from tests.support.finding import findings

TEXT = 'param s = 0.5\nmodel a = "a"\nmodel b = "b"\nmerge m = slerp(a, b) { t = s }'


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999"])
def test_settings(text: str, tmp_path: Path) -> None:
    expected = f"error bad-value `--set s={text}`: `{text}` is not a finite number"
    assert findings(tmp_path, TEXT, "merge", (("s", text),)) == [expected]


@pytest.mark.parametrize("value", ['"nan"', ".nan", '"-inf"', ".inf", '"1e999"'])
def test_values_in_yaml(value: str, tmp_path: Path) -> None:
    text = f"merge_method: slerp\nbase_model: a\nmodels: [{{model: a}}, {{model: b}}]\nparameters: {{t: {value}}}\n"
    assert [f.split()[:2] for f in findings(tmp_path, text)] == [["error", "bad-value"]]


@pytest.mark.parametrize("kind", [ParamKind.INTEGER, ParamKind.NUMBER])
@pytest.mark.parametrize("value", [inf, -inf, nan])
def test_values_that_were_computed(kind: ParamKind, value: Value) -> None:
    with pytest.raises(ValueError, match=r"expects a (finite|whole) number, not"):
        conform(Param("p", "", kind), value)


def test_whole_numbers_beyond_all_floats(tmp_path: Path) -> None:
    huge = "9" * 240
    text = f'model a = "a"\nmodel b = "b"\nmerge m = stack(lerp(a, b) {{ t = 0 }}[0..{huge} * {huge}])'
    assert findings(tmp_path, text, "merge") == [f"error bad-value {huge} * {huge}"]

"""Values that are not finite stop the build; the message names the tensor and counts them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mergec.diagnostics import CheckFailed
from mergec.execute import task
from mergec.plan import GRANULE_ELEMENTS
from tests.support.merges import merge, write_model
from tests.support.numbers import TORCH_NAME, Array, store

RULES = {
    "slerp": "slerp(a, b) { t = 0.4 }",
    "lerp": "lerp(a, b) { t = 0.4 }",
    "linear": "linear(a, b) { weight = 1 }",
    "scale": "passthrough(a) { scale = 0.5 }",
}

SPOILED = {
    "one nan": {5: np.nan},
    "nan in two runs": {5: np.nan, GRANULE_ELEMENTS + 5: np.nan},
    "infinities of both signs": {5: np.inf, GRANULE_ELEMENTS + 5: -np.inf, 9: -np.inf},
    "all kinds": {0: np.nan, 1: np.inf, 2: -np.inf, 2 * GRANULE_ELEMENTS + 1: np.nan},
}


def refusal(folder: Path, rule: str, a: Array, b: Array, code: str, out: str) -> str:
    """How the merge of two tensors `x` is refused."""
    fine = store(np.ones(10), code)
    write_model(folder / "a", {"fine": fine, "x": store(a, code)})
    write_model(folder / "b", {"fine": fine, "x": store(b, code)})
    text = f'model a = "a"\nmodel b = "b"\nmerge m = {rule}\noutput m {{ dtype = {TORCH_NAME[out]} }}\n'
    with pytest.raises(CheckFailed) as caught:
        merge(folder, text)
    assert not (folder / "out").exists()
    return str(caught.value)


@pytest.mark.parametrize("code", ["BF16", "F32"])
@pytest.mark.parametrize("spoiled", SPOILED.values(), ids=SPOILED)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_input(tmp_path: Path, rule: str, spoiled: dict[int, float], code: str) -> None:
    values = np.random.default_rng(3).normal(0, 1, (2, 2 * GRANULE_ELEMENTS + 100))
    for index, value in spoiled.items():
        values[0, index] = value
    message = refusal(tmp_path, rule, values[0], values[1], code, code)
    assert message == f"`x` came out with {len(spoiled)} value(s) that are not finite numbers"


@pytest.mark.parametrize("rule", [RULES["slerp"], RULES["lerp"]], ids=["slerp", "lerp"])
def test_input_in_pieces(tmp_path: Path, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "PIECE_ELEMENTS", GRANULE_ELEMENTS)
    values = np.random.default_rng(3).normal(0, 1, (2, 400_000))
    values[0, ::100_000] = np.inf
    values[1, 1::200_000] = np.nan
    assert "`x` came out with 6 value(s)" in refusal(tmp_path, rule, values[0], values[1], "BF16", "BF16")


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_float16_is_too_narrow(tmp_path: Path, rule: str) -> None:
    values = np.ones((2, 1000))
    values[:, :7] = 3e5
    message = refusal(tmp_path, rule, values[0], values[1], "BF16", "F16")
    assert message == "`x` came out with 7 value(s) that are not finite numbers"


def test_float16_overflows_by_scaling(tmp_path: Path) -> None:
    values = np.array([65504.0, -65504.0, 32752.0])
    message = refusal(tmp_path, "passthrough(a) { scale = 2 }", values, values, "F16", "F16")
    assert "2 value(s)" in message


def test_the_largest_float16_is_fine(tmp_path: Path) -> None:
    for name in "ab":
        write_model(tmp_path / name, {"x": store(np.array([65504.0, -65504.0, 1.0]), "F16")})
    text = 'model a = "a"\nmodel b = "b"\nmerge m = slerp(a, b) { t = 0.5 }\noutput m { dtype = float16 }\n'
    assert list(merge(tmp_path, text)["x"].values) == [65504.0, -65504.0, 1.0]


def test_numbers_too_large_to_measure(tmp_path: Path) -> None:
    """Finite, but their squares are not: slerp would have no angle."""
    values = np.random.default_rng(3).normal(0, 1e200, (2, 1000))
    message = refusal(tmp_path, RULES["slerp"], values[0], values[1], "F64", "F64")
    assert message == "`x` holds numbers too large to measure"

"""Where nothing is to be computed, not a bit changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mergec.api import Base
from mergec.diagnostics import Report
from mergec.hooks import load_plugins
from tests.support.merges import merge, write_model
from tests.support.numbers import Array, Stored, store

TYPES = ("BF16", "F16", "F32", "F64")


def odd_values(seed: int) -> Array:
    """Numbers whose bytes are easily lost: minus zero, subnormals, large and small ones."""
    rng = np.random.default_rng(seed)
    return np.concatenate([[0.0, -0.0, 6e-8, -6e-8, 65504.0, -1e-40, 5e-324], rng.normal(0, 1, 993)])


def model(seed: int) -> dict[str, Stored]:
    return {code: store(odd_values(seed), code) for code in TYPES}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_model(tmp_path / "a", model(1))
    write_model(tmp_path / "b", model(2))
    write_model(tmp_path / "copy", model(1))
    return tmp_path


def run(folder: Path, rule: str) -> dict[str, Stored]:
    return merge(folder, f'model a = "a"\nmodel b = "b"\nmodel c = "copy"\nmerge m = {rule}\noutput m {{}}\n')


@pytest.mark.parametrize("method", ["slerp", "lerp"])
@pytest.mark.parametrize(("t", "seed"), [(0, 1), (1, 2)])
def test_the_ends_are_the_inputs(folder: Path, method: str, t: int, seed: int) -> None:
    assert run(folder, f"{method}(a, b) {{ t = {t} }}") == model(seed)


@pytest.mark.parametrize(
    "rule",
    [
        "passthrough(a)",
        "passthrough(a) { scale = 1 }",
        "linear(a) { weight = 0.3 }",
        "linear(a, b) { a.weight = 2  b.weight = 0 }",
        "linear(a, b) { a.weight = 1  b.weight = 0  normalize = false }",
        "linear(a, a, a) { weight = 1 }",
    ],
)
def test_one_whole_input_is_copied(folder: Path, rule: str) -> None:
    assert run(folder, rule) == model(1)


@pytest.mark.parametrize("inner", ["passthrough(a)", "linear(a) { weight = 2 }", "slerp(a, a) { t = 0.3 }"])
def test_one_whole_input_within_another_merge_is_that_input(folder: Path, inner: str) -> None:
    for outer in (
        "slerp(MERGE, b) { t = 0.3 }",
        "ties(MERGE, base = b) { weight = 1 }",
        "expo(MERGE, base = b) { alpha = 0.4 }",
    ):
        assert run(folder, outer.replace("MERGE", inner)) == run(folder, outer.replace("MERGE", "a"))


@pytest.mark.parametrize("t", [0.1, 0.37, 0.5, 1 / 3, 1.3, -7.7])
def test_a_model_merged_with_itself_is_itself(folder: Path, t: float) -> None:
    """For every method that promises it, even where 1-t and t do not add up to 1, as for -7.7."""
    methods = [it.method for it in load_plugins(Report()).methods.values()]
    promising = [m.name for m in methods if m.idempotent and m.base is not Base.SEPARATE and m.param("t")]
    assert {"slerp", "lerp"} <= set(promising)
    for method in promising:
        assert run(folder, f"{method}(a, a) {{ t = {t} }}") == model(1), method


@pytest.mark.parametrize("rule", ["slerp(a, c) { t = 0.37 }", "lerp(a, c) { t = 0.37 }", "linear(a, c) { weight = 3 }"])
def test_a_model_merged_with_a_copy_is_itself(folder: Path, rule: str) -> None:
    """Here numbers are computed; they come back the same wherever the computing type is the wider one."""
    result = run(folder, rule)
    for code in ("BF16", "F16", "F32"):
        assert np.array_equal(result[code].values, model(1)[code].values), code


def test_whole_numbers_are_copied_if_they_agree(tmp_path: Path) -> None:
    numbers = Stored("I64", (3,), np.array([1, -2, 2**60]).tobytes())
    for name in "ab":
        write_model(tmp_path / name, {"x": store(np.ones(4), "F32"), "table": numbers})
    result = merge(
        tmp_path,
        'model a = "a"\nmodel b = "b"\nmerge m = lerp(a, b) { t = 0.5 }\noutput m { dtype = bfloat16 }\n',
    )
    assert result["table"] == numbers
    assert result["x"].code == "BF16"

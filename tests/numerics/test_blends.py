"""Blends that no first-party method uses: of deltas from a base, and row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mergec.api import Arguments, Blend, Method
from mergec.diagnostics import CheckFailed
from mergec.driver import Request
from mergec.hooks import Plugins
from tests.support.merges import merge, write_model
from tests.support.methods import ROW_SLERP, ROW_TASK_SLERP, TASK, TASK_SLERP
from tests.support.numbers import Array, Stored, store, ulp
from tests.support.plugins import with_methods
from tests.support.references import size_of_terms, slerp_weights, weighted

SHAPES = {"matrix": (40, 70), "vector": (300,), "block": (4, 30, 7), "row": (1, 500)}

PLUGINS = with_methods(TASK, TASK_SLERP, ROW_SLERP, ROW_TASK_SLERP)


def write(folder: Path, *codes: str) -> dict[str, dict[str, Stored]]:
    """Models a, b and c: c is the base, the others are near it."""
    rng = np.random.default_rng(5)
    base = {name: rng.normal(0, 1, shape) for name, shape in SHAPES.items()}
    models = {
        model: {n: store(v + (rng.normal(0, 0.3, v.shape) if model != "c" else 0), code) for n, v in base.items()}
        for model, code in zip("abc", codes, strict=True)
    }
    for model, tensors in models.items():
        write_model(folder / model, tensors)
    return models


def run(folder: Path, rule: str, plugins: Plugins = PLUGINS, block_elements: int = 1 << 18) -> dict[str, Stored]:
    heads = "".join(f'model {name} = "{name}"\n' for name in "abc")
    request = Request(workers=2, block_elements=block_elements)
    return merge(folder, f"{heads}merge m = {rule}\noutput m {{}}\n", request, plugins)


def close(got: Stored, weights: tuple[float, ...], vectors: Sequence[Array], base: Array | None = None) -> None:
    wanted = weighted(weights, vectors) + (0 if base is None else base)
    sizes = size_of_terms(weights, vectors) + (0 if base is None else np.abs(base))
    before = 2.0**-22 if got.code in ("BF16", "F16") else 2.0**-50
    assert (np.abs(got.values - wanted) <= 0.5 * ulp(wanted, got.code) + before * sizes).all()


CODES = pytest.mark.parametrize(
    "codes", [("BF16",) * 3, ("F16",) * 3, ("F32",) * 3, ("BF16", "F16", "F32")], ids="-".join
)


@CODES
def test_task_arithmetic(tmp_path: Path, codes: tuple[str, ...]) -> None:
    models = write(tmp_path, *codes)
    for name, got in run(tmp_path, "task(a, b, base = c) { a.weight = 0.7  b.weight = -0.4 }").items():
        a, b, c = (models[m][name].values for m in "abc")
        close(got, (0.7, -0.4), (a - c, b - c), c)


@CODES
def test_an_arc_between_deltas(tmp_path: Path, codes: tuple[str, ...]) -> None:
    models = write(tmp_path, *codes)
    for name, got in run(tmp_path, "task_slerp(a, b, base = c) { t = 0.3 }").items():
        a, b, c = (models[m][name].values for m in "abc")
        close(got, slerp_weights(a - c, b - c, 0.3), (a - c, b - c), c)


@CODES
@pytest.mark.parametrize("block_elements", [64, 1000, 1 << 18])
def test_row_by_row(tmp_path: Path, codes: tuple[str, ...], block_elements: int) -> None:
    """Rows are runs of the last axis. Blocks shorter than a row, of a few rows, of all rows."""
    models = write(tmp_path, *codes)
    plain = run(tmp_path, "row_slerp(a, b) { t = 0.3 }", block_elements=block_elements)
    deltas = run(tmp_path, "row_task_slerp(a, b, base = c) { t = 0.3 }", block_elements=block_elements)
    for name in ("matrix", "block", "row"):
        a, b, c = (models[m][name].values.reshape(-1, SHAPES[name][-1]) for m in "abc")
        for i in range(len(a)):
            weights = slerp_weights(a[i], b[i], 0.3)
            close(row(plain[name], i), weights, (a[i], b[i]))
            close(row(deltas[name], i), slerp_weights(a[i] - c[i], b[i] - c[i], 0.3), (a[i] - c[i], b[i] - c[i]), c[i])


def row(tensor: Stored, i: int) -> Stored:
    size = len(tensor.data) * tensor.shape[-1] // tensor.elements
    return Stored(tensor.code, tensor.shape[-1:], tensor.data[i * size : (i + 1) * size])


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("task(a, b, base = c) { weight = 0 }", "c"),
        ("task(a, b, base = c) { a.weight = 1  b.weight = 0 }", "a"),
        ("task(a, a, base = c) { weight = 0.5 }", "a"),
    ],
)
def test_bytes_are_copied_where_no_delta_or_one_whole_delta_is_left(tmp_path: Path, rule: str, kept: str) -> None:
    models = write(tmp_path, "BF16", "BF16", "BF16")
    assert run(tmp_path, rule) == models[kept]


def test_values_that_are_not_finite_are_counted_over_all_rows(tmp_path: Path) -> None:
    models = write(tmp_path, "F32", "F32", "F32")
    values = models["a"]["matrix"].values.copy()
    values[3, 5], values[30, 5] = np.nan, np.inf
    write_model(tmp_path / "a", models["a"] | {"matrix": store(values, "F32")})
    with pytest.raises(CheckFailed, match=r"`matrix` came out with 2 value\(s\) that are not finite"):
        run(tmp_path, "row_slerp(a, b) { t = 0.3 }", block_elements=1000)


def wrong(method: Method, **functions: object) -> Method:
    assert isinstance(method.pattern, Blend)
    return replace(method, pattern=replace(method.pattern, **functions))  # type: ignore[arg-type]


def fails(measured: object, arguments: Arguments) -> None:
    raise RuntimeError("a mistake")


@pytest.mark.parametrize(
    ("rule", "method", "message"),
    [
        ("task_slerp(a, b, base = c) { t = 0.3 }", wrong(TASK_SLERP, measured=fails), "failed on `.*`: a mistake"),
        ("task_slerp(a, b, base = c) { t = 0.3 }", wrong(TASK_SLERP, measured=lambda g, a: (1.0,)), "1 coefficients"),
        (
            "task_slerp(a, b, base = c) { t = 0.3 }",
            wrong(TASK_SLERP, measured=lambda g, a: (float("nan"), 1.0)),
            "gave the coefficients",
        ),
        ("row_slerp(a, b) { t = 0.3 }", wrong(ROW_SLERP, measured_rows=fails), "failed on `.*`: a mistake"),
        (
            "row_slerp(a, b) { t = 0.3 }",
            wrong(ROW_SLERP, measured_rows=lambda g, a: g[:, 0, :1]),
            "gave coefficients .* for .* rows of 2 inputs",
        ),
    ],
    ids=["raises", "too few", "not a number", "rows raise", "rows of another shape"],
)
def test_mistakes_of_a_method_are_its_own(tmp_path: Path, rule: str, method: Method, message: str) -> None:
    write(tmp_path, "BF16", "BF16", "BF16")
    with pytest.raises(CheckFailed, match=f"^`{method.name}` .*{message}"):
        run(tmp_path, rule, with_methods(method))
    assert not (tmp_path / "out").exists()

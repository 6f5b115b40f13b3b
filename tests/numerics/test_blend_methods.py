"""The blends through the whole engine: recipe, plan, blocks, output; all types against float64 references."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from mergec.driver import Request
from tests.support.blend_references import (
    along,
    arc_or_chord,
    karcher,
    model_stock,
    multislerp,
    sum_of_distances,
)
from tests.support.merges import merge, write_model
from tests.support.numbers import Array, Stored, store, ulp

SHAPES = {"matrix": (40, 70), "vector": (300,), "block": (4, 30, 7), "row": (1, 500), "column": (60, 1)}

Models = dict[str, dict[str, Stored]]


def write(folder: Path, codes: Sequence[str]) -> Models:
    """Models a, b and c, fine-tunes that agree in part, of d."""
    rng = np.random.default_rng(11)
    base = {name: rng.normal(0, 1, shape) for name, shape in SHAPES.items()}
    common = {name: rng.normal(0, 0.3, shape) for name, shape in SHAPES.items()}
    models = {
        model: {
            n: store(v + (common[n] + rng.normal(0, 0.3, v.shape) if model != "d" else 0.0), code)
            for n, v in base.items()
        }
        for model, code in zip("abcd", codes, strict=True)
    }
    for model, tensors in models.items():
        write_model(folder / model, tensors)
    return models


def run(folder: Path, rule: str, block_elements: int = 1 << 18) -> dict[str, Stored]:
    heads = "".join(f'model {name} = "{name}"\n' for name in "abcd")
    request = Request(workers=2, block_elements=block_elements)
    return merge(folder, f"{heads}merge m = {rule}\noutput m {{}}\n", request)


def deltas(function: Callable[..., Array], base: Array, *inputs: Array) -> Array:
    result: Array = base + function(*(x - base for x in inputs))
    return result


ARC = "a.weight = 0.7  b.weight = 0.3"
SHARES = (0.2, 0.5, 0.3)
WEIGHTS = "a.weight = 0.4  b.weight = 1  c.weight = 0.6"


def arcs(axis: int | None) -> Callable[..., Array]:
    return lambda a, b: along(axis, lambda x, y: arc_or_chord(x, y, 0.3), a, b)


def of_axis(axis: int) -> Callable[[Array, Array, Array, Array], Array]:
    return lambda a, b, c, d: along(axis, lambda base, *x: model_stock(base, x), d, a, b, c)


REFERENCES: dict[str, Callable[[Array, Array, Array, Array], Array]] = {
    f"nuslerp(a, b) {{ {ARC} }}": lambda a, b, c, d: arcs(None)(a, b),
    f"nuslerp(a, b, base = d) {{ {ARC} }}": lambda a, b, c, d: deltas(arcs(None), d, a, b),
    f"nuslerp(a, b) {{ {ARC} nuslerp_flatten = false }}": lambda a, b, c, d: arcs(-1)(a, b),
    f"nuslerp(a, b, base = d) {{ {ARC} nuslerp_flatten = false }}": lambda a, b, c, d: deltas(arcs(-1), d, a, b),
    f"nuslerp(a, b) {{ {ARC} nuslerp_flatten = false nuslerp_row_wise = true }}": lambda a, b, c, d: arcs(0)(a, b),
    f"nuslerp(a, b, base = d) {{ {ARC} nuslerp_flatten = false nuslerp_row_wise = true }}": (
        lambda a, b, c, d: deltas(arcs(0), d, a, b)
    ),
    f"multislerp(a, b, c) {{ {WEIGHTS} }}": lambda a, b, c, d: multislerp((a, b, c), SHARES, 1e-8),
    f"multislerp(a, b, c, base = d) {{ {WEIGHTS} }}": (
        lambda a, b, c, d: deltas(lambda *x: multislerp(x, SHARES, 1e-8), d, a, b, c)
    ),
    "karcher(a, b, c, d) { max_iter = 100  tol = 1e-12 }": lambda *x: karcher(x),
    "model_stock(a, b, c, base = d)": lambda a, b, c, d: model_stock(d, (a, b, c)),
    "model_stock(a, b, c, base = d) { filter_wise = true }": of_axis(-1),
    "task_arithmetic(a, b, base = d) { a.weight = 0.7  b.weight = -0.4  lambda = 0.5 }": (
        lambda a, b, c, d: d + 0.35 * (a - d) - 0.2 * (b - d)
    ),
    "expo(a, base = d) { alpha = 0.3 }": lambda a, b, c, d: a + 0.3 * (a - d),
}

CODES = [("BF16",) * 4, ("F16",) * 4, ("F32",) * 4, ("F64",) * 4, ("BF16", "F16", "BF16", "F32")]

BEFORE_ROUNDING = {"BF16": 2.0**-16, "F16": 2.0**-16, "F32": 2.0**-40, "F64": 2.0**-40}
"""Relative error before the result is rounded: that of inner products, in float32 for 16-bit tensors, and of angles
computed from them, which is larger the nearer two tensors are to one line."""


@pytest.mark.parametrize("codes", CODES, ids="-".join)
@pytest.mark.parametrize("rule", REFERENCES)
def test_the_engine_gives_the_reference(tmp_path: Path, codes: tuple[str, ...], rule: str) -> None:
    models = write(tmp_path, codes)
    for name, got in run(tmp_path, rule).items():
        tensors = [models[m][name].values for m in "abcd"]
        wanted = REFERENCES[rule](*tensors)
        before = BEFORE_ROUNDING[got.code] * np.sum(np.abs(tensors), axis=0)
        assert (np.abs(got.values - wanted) <= 0.5 * ulp(wanted, got.code) + before).all(), name


@pytest.mark.parametrize("rule", [*REFERENCES, "geometric_median(a, b, c, d)"])
def test_blocks_change_no_byte(tmp_path: Path, rule: str) -> None:
    write(tmp_path, ("BF16",) * 4)
    assert run(tmp_path, rule, block_elements=256) == run(tmp_path, rule)


@pytest.mark.parametrize("codes", CODES[:3], ids="-".join)
def test_the_median_is_nearest_to_all(tmp_path: Path, codes: tuple[str, ...]) -> None:
    models = write(tmp_path, codes)
    for name, got in run(tmp_path, "geometric_median(a, b, c, d) { max_iter = 1000 }").items():
        tensors = [models[m][name].values for m in "abcd"]
        least = sum_of_distances(got.values, tensors, (1,) * 4)
        for other in (*tensors, np.mean(tensors, axis=0), np.median(tensors, axis=0)):
            assert least <= sum_of_distances(other, tensors, (1,) * 4) * (1 + 1e-5), name


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("nuslerp(a, b) { a.weight = 0  b.weight = 2 }", "b"),
        ("nuslerp(a, b, base = d) { a.weight = 1  b.weight = 0 nuslerp_flatten = false }", "a"),
        ("nuslerp(a) { weight = 0.3 }", "a"),
        ("nuslerp(a, a) { weight = 0.3 }", "a"),
        ("multislerp(a, b, c) { weight = 0  c.weight = 0.1 }", "c"),
        ("multislerp(a, b, c, base = d) { weight = 0  c.weight = 0.1 }", "c"),
        ("karcher(a)", "a"),
        ("karcher(a, a, a)", "a"),
        ("geometric_median(a, b, c) { b.weight = 2.5 }", "b"),
        ("task_arithmetic(a, b, base = d) { weight = 0 }", "d"),
        ("task_arithmetic(a, b, base = d) { a.weight = 3  b.weight = 0  normalize = true }", "a"),
        ("expo(a, base = d) { alpha = 0 }", "a"),
        ("nuslerp(d, base = d) { weight = 1 }", "d"),
        ("multislerp(d, base = d) { weight = 1 }", "d"),
        ("model_stock(d, base = d)", "d"),
    ],
)
def test_one_whole_input_is_copied(tmp_path: Path, rule: str, kept: str) -> None:
    models = write(tmp_path, ("BF16",) * 4)
    assert run(tmp_path, rule) == models[kept]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("karcher(a, b, c)", "karcher(c, a, b)"),
        ("model_stock(a, b, c, base = d)", "model_stock(c, a, b, base = d)"),
        ("multislerp(a, b, c) { weight = 1 b.weight = 2 }", "multislerp(b, c, a) { weight = 1 b.weight = 2 }"),
        ("nuslerp(a, b) { weight = 1 b.weight = 2 }", "nuslerp(b, a) { weight = 1 b.weight = 2 }"),
        ("geometric_median(a, b, c, d)", "geometric_median(d, b, a, c)"),
        (
            "task_arithmetic(a, b, c, base = d) { weight = 0.3 b.weight = 2 }",
            "task_arithmetic(b, c, a, base = d) { weight = 0.3 b.weight = 2 }",
        ),
    ],
)
def test_the_order_of_inputs_changes_no_byte(tmp_path: Path, one: str, other: str) -> None:
    write(tmp_path, ("F32",) * 4)
    assert run(tmp_path, one) == run(tmp_path, other)

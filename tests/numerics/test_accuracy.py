"""Every method against a float64 reference, for all types in and out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.support.merges import merge, write_model
from tests.support.numbers import TORCH_NAME, Array, Stored, error_ulps, store, ulp
from tests.support.references import (
    Weights,
    lerp_weights,
    linear_weights,
    size_of_terms,
    slerp_weights,
    weighted,
)

SHAPES = {"matrix": (48, 64), "vector": (1000,), "block": (3, 20, 17)}

RULES = {
    "slerp": "slerp(a, b) { t = 0.37 }",
    "lerp": "lerp(a, b) { t = 0.37 }",
    "linear": "linear(a, b, c) { a.weight = 0.2  b.weight = 0.9  c.weight = 0.31 }",
    "sum": "linear(a, b, c) { a.weight = 0.2  b.weight = 0.9  c.weight = 0.31  normalize = false }",
    "scale": "passthrough(a) { scale = 0.7 }",
}

REFERENCES: dict[str, Callable[[Sequence[Array]], Weights]] = {
    "slerp": lambda x: slerp_weights(x[0], x[1], 0.37),
    "lerp": lambda x: lerp_weights(0.37),
    "linear": lambda x: linear_weights((0.2, 0.9, 0.31), normalize=True),
    "sum": lambda x: linear_weights((0.2, 0.9, 0.31), normalize=False),
    "scale": lambda x: (0.7,),
}

INPUTS = [
    ("BF16", "BF16", "BF16"),
    ("F16", "F16", "F16"),
    ("F32", "F32", "F32"),
    ("F64", "F64", "F64"),
    ("BF16", "F16", "BF16"),
    ("F16", "BF16", "F16"),
    ("BF16", "F32", "F16"),
    ("F32", "F64", "BF16"),
]

ROUNDED_ONCE = {"BF16": 0.5 + 2**-12, "F16": 0.5 + 2**-9, "F32": 0.5 + 2**-20, "F64": 8.0}
"""Largest error in units of the last place. 16-bit inputs are computed in float32 for a 16-bit output, 2⁻²⁴ before the
rounding; everything else in float64. For a float64 output both mergec and the reference round at each step, slerp's
inner products included."""

Models = dict[str, dict[str, Stored]]


def aligned(codes: Sequence[str], seed: int) -> Models:
    """Three models whose elements agree in sign, so that no sum of theirs cancels."""
    rng = np.random.default_rng(seed)
    signs = {name: rng.choice((-1.0, 1.0), shape) for name, shape in SHAPES.items()}
    return {
        model: {name: store(sign * np.exp(rng.normal(0, 1, sign.shape)), code) for name, sign in signs.items()}
        for model, code in zip("abc", codes, strict=True)
    }


def independent(codes: Sequence[str], seed: int) -> Models:
    """Three models that have nothing to do with one another, so that some sums cancel."""
    rng = np.random.default_rng(seed)
    return {
        model: {name: store(rng.normal(0, 0.02, shape), code) for name, shape in SHAPES.items()}
        for model, code in zip("abc", codes, strict=True)
    }


def promoted(codes: Sequence[str]) -> str:
    distinct = set(codes)
    return distinct.pop() if len(distinct) == 1 else "F64" if "F64" in distinct else "F32"


def run(folder: Path, models: Models, rule: str, out: str | None) -> dict[str, Stored]:
    heads = "".join(f'model {name} = "{name}"\n' for name in models)
    dtype = f"dtype = {TORCH_NAME[out]}" if out else ""
    return merge(folder, f"{heads}merge m = {rule}\noutput m {{ {dtype} }}\n")


def operands(models: Models, method: str, name: str) -> list[Array]:
    count = {"slerp": 2, "lerp": 2, "scale": 1}.get(method, 3)
    return [models[model][name].values for model in "abc"[:count]]


def used(codes: Sequence[str], method: str) -> Sequence[str]:
    return codes[: {"slerp": 2, "lerp": 2, "scale": 1}.get(method, 3)]


@pytest.mark.parametrize("codes", INPUTS, ids="-".join)
def test_without_cancellation_the_result_is_rounded_once(tmp_path: Path, codes: tuple[str, ...]) -> None:
    models = aligned(codes, seed=1)
    for name, tensors in models.items():
        write_model(tmp_path / name, tensors)
    for method, rule in RULES.items():
        for out in (None, "BF16", "F16", "F32", "F64"):
            for name, got in run(tmp_path, models, rule, out).items():
                vectors = operands(models, method, name)
                wanted = weighted(REFERENCES[method](vectors), vectors)
                assert got.code == (out or promoted(used(codes, method)))
                assert got.shape == SHAPES[name]
                assert error_ulps(got, wanted).max() <= ROUNDED_ONCE[got.code], (method, out, name)


@pytest.mark.parametrize("codes", [("BF16",) * 3, ("F16",) * 3, ("BF16", "F16", "BF16")], ids="-".join)
@pytest.mark.parametrize("out", ["BF16", "F16"])
def test_where_terms_cancel_float32_adds_its_own_rounding(tmp_path: Path, codes: tuple[str, ...], out: str) -> None:
    """16-bit tensors are summed in float32, so a sum much smaller than its terms carries their rounding:
    at most 2⁻²³ of the sum of the terms' absolute values, beside the half unit of the output."""
    models = independent(codes, seed=2)
    for name, tensors in models.items():
        write_model(tmp_path / name, tensors)
    for method, rule in RULES.items():
        for name, got in run(tmp_path, models, rule, out).items():
            vectors = operands(models, method, name)
            weights = REFERENCES[method](vectors)
            wanted = weighted(weights, vectors)
            bound = 0.5 * ulp(wanted, out) + 2.0**-23 * size_of_terms(weights, vectors)
            assert (np.abs(got.values - wanted) <= bound).all(), (method, name)


@pytest.mark.parametrize("codes", [("BF16",) * 3, ("F16",) * 3, ("F32",) * 3], ids="-".join)
@pytest.mark.parametrize("out", ["F32", "F64"])
def test_wide_outputs_are_computed_in_float64(tmp_path: Path, codes: tuple[str, ...], out: str) -> None:
    models = independent(codes, seed=3)
    for name, tensors in models.items():
        write_model(tmp_path / name, tensors)
    for method, rule in RULES.items():
        for name, got in run(tmp_path, models, rule, out).items():
            vectors = operands(models, method, name)
            weights = REFERENCES[method](vectors)
            wanted = weighted(weights, vectors)
            bound = 0.5 * ulp(wanted, out) + 2.0**-50 * size_of_terms(weights, vectors)
            assert (np.abs(got.values - wanted) <= bound).all(), (method, name)

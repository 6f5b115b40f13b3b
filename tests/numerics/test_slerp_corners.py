"""slerp where the arc is degenerate, and tensors of odd shapes and sizes of number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.merges import merge, write_model
from tests.support.numbers import TORCH_NAME, Array, Stored, store, ulp
from tests.support.references import size_of_terms, slerp_weights, weighted

TS = (0.3, 0.5, 1.3, -0.4)

_RNG = np.random.default_rng(7)
A, B = _RNG.normal(0, 1, (2, 5, 40))

CORNERS: dict[str, tuple[Array, Array]] = {
    "apart": (A, B),
    "identical": (A, A),
    "colinear": (A, 2 * A),
    "nearly colinear": (A, A + 0.03 * B),
    "just beyond": (A, A + 0.04 * B),
    "antiparallel": (A, -A),
    "antiparallel, longer": (A, -1.5 * A),
    "nearly antiparallel": (A, -A + 0.05 * B),
    "at a right angle": (np.array([1.0, 0.0]), np.array([0.0, 2.0])),
    "one zero": (A, 0 * A),
    "the other zero": (0 * A, B),
    "both zero": (0 * A, 0 * A),
    "one element": (np.array([2.0]), np.array([3.0])),
    "one element, opposite": (np.array([2.0]), np.array([-3.0])),
    "no axes": (np.array(2.0), np.array(3.0)),
    "empty": (np.zeros(0), np.zeros(0)),
    "empty rows": (np.zeros((0, 5)), np.zeros((0, 5))),
    "empty columns": (np.zeros((5, 0)), np.zeros((5, 0))),
    "four axes": (A.reshape(2, 5, 2, 10), B.reshape(2, 5, 2, 10)),
    "large": (np.clip(2e4 * A, -65504, 65504), np.clip(2e4 * B, -65504, 65504)),
    "small": (1e-4 * A, 1e-4 * B),
    "subnormal in float16": (2e-7 * A, 2e-7 * B),
    "too short for a direction": (1e-12 * A, 1e-12 * B),
}

FAR = {
    "BF16": {"huge": (1e36 * A, 1e36 * B), "tiny": (1e-36 * A, 1e-36 * B), "subnormal": (1e-40 * A, 1e-40 * B)},
    "F32": {"huge": (1e36 * A, 1e36 * B), "tiny": (1e-36 * A, 1e-36 * B), "subnormal": (1e-43 * A, 1e-43 * B)},
    "F64": {"huge": (1e150 * A, 1e150 * B), "tiny": (1e-150 * A, 1e-150 * B)},
}
"""Numbers whose squares are beyond float32, or beyond what is normal."""

BEFORE_ROUNDING = {"BF16": 2.0**-22, "F16": 2.0**-22, "F32": 2.0**-50, "F64": 2.0**-50}
"""Relative error of the terms: that of inner products in the computing type. Near 180° it grows with 1/sin² θ, up to a
thousandfold: both weights are then large and nearly cancel."""


def run(folder: Path, pairs: dict[str, tuple[Array, Array]], code: str, t: float) -> None:
    a = {name: store(pair[0], code) for name, pair in pairs.items()}
    b = {name: store(pair[1], code) for name, pair in pairs.items()}
    write_model(folder / "a", a)
    write_model(folder / "b", b)
    rule = f"merge m = slerp(a, b) {{ t = {t} }}\noutput m {{ dtype = {TORCH_NAME[code]} }}\n"
    merged = merge(folder, f'model a = "a"\nmodel b = "b"\n{rule}')
    assert merged.keys() == pairs.keys()
    for name, got in merged.items():
        check(name, got, a[name], b[name], t)


def check(name: str, got: Stored, a: Stored, b: Stored, t: float) -> None:
    assert (got.code, got.shape) == (a.code, a.shape), name
    vectors = a.values, b.values
    weights = slerp_weights(*vectors, t)
    wanted = weighted(weights, vectors)
    before = BEFORE_ROUNDING[got.code] / squared_sine(*vectors)
    bound = 0.5 * ulp(wanted, got.code) + before * size_of_terms(weights, vectors)
    assert (np.abs(got.values - wanted) <= bound).all(), name


def squared_sine(a: Array, b: Array) -> float:
    """Of the angle between two vectors; 1 where slerp does without one."""
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    cosine = float(np.sum(a / lengths[0] * (b / lengths[1]))) if min(lengths) > 1e-8 else 0.0
    return 1.0 if abs(cosine) > 0.9995 else 1.0 - cosine**2


@pytest.mark.parametrize("code", ["BF16", "F32", "F64"])
@pytest.mark.parametrize("t", TS)
def test_corners(tmp_path: Path, code: str, t: float) -> None:
    run(tmp_path, CORNERS | FAR[code], code, t)


@pytest.mark.parametrize("t", [0.3, 0.5])
def test_corners_in_float16(tmp_path: Path, t: float) -> None:
    run(tmp_path, CORNERS, "F16", t)


def test_halfway_to_nothing_is_a_right_angle(tmp_path: Path) -> None:
    """A zero tensor has no direction: mergekit and mergec take it to be at 90°, so √½ of the other is left."""
    ones = np.ones(4)
    write_model(tmp_path / "a", {"x": store(ones, "F64")})
    write_model(tmp_path / "b", {"x": store(0 * ones, "F64")})
    got = merge(tmp_path, 'model a = "a"\nmodel b = "b"\nmerge m = slerp(a, b) { t = 0.5 }\noutput m {}\n')
    assert got["x"].values == pytest.approx(0.5**0.5 * ones)


def test_halfway_to_the_opposite_is_nothing(tmp_path: Path) -> None:
    write_model(tmp_path / "a", {"x": store(A, "F32")})
    write_model(tmp_path / "b", {"x": store(-A, "F32")})
    got = merge(tmp_path, 'model a = "a"\nmodel b = "b"\nmerge m = slerp(a, b) { t = 0.5 }\noutput m {}\n')
    assert not got["x"].values.any()

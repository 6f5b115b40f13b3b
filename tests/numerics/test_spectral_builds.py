"""The spectral methods through the whole engine: what is written, what stands in, order, threads and wrappers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mergec_methods.cart import CART
from mergec_methods.isotropic import ISO_C, ISO_CTS
from mergec_methods.subspace_boosting import SUBSPACE_BOOSTING
from mergec_methods.svc import SVC
from mergec_methods.tsv import TSV
from mergec_methods.wudi import WUDI

from mergec.api import Method
from mergec.driver import Request
from tests.support.merges import merge, write_model
from tests.support.numbers import Array, Stored, store, ulp
from tests.support.spectra import merged

SHAPES: dict[str, tuple[int, ...]] = {
    "model.embed_tokens.weight": (24, 16),
    "model.layers.0.input_layernorm.weight": (16,),
    "model.layers.0.mlp.up_proj.weight": (40, 16),
    "model.layers.0.mlp.down_proj.weight": (16, 40),
    "model.layers.0.mlp.experts.gate_up_proj": (3, 24, 16),
    "model.layers.0.mixer.conv1d.weight": (16, 1, 4),
    "lm_head.weight": (24, 16),
}
SPECTRAL = (TSV, ISO_C, ISO_CTS, WUDI, CART, SVC, SUBSPACE_BOOSTING)
MATRICES = ("up_proj", "down_proj")
MODELS = 'model base = "base"\nmodel a = "a"\nmodel b = "b"\nmodel c = "c"\n'

_RNG = np.random.default_rng(3)
BASE = {name: store(_RNG.normal(0, 0.1, shape), "F32") for name, shape in SHAPES.items()}
TUNED = {
    model: {name: store(x.values + _RNG.normal(0, 0.02, x.shape), "F32") for name, x in BASE.items()} for model in "abc"
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for model, tensors in {"base": BASE, **TUNED}.items():
        write_model(tmp_path / model, tensors)
    return tmp_path


def deltas(name: str, models: str = "ab") -> list[Array]:
    return [TUNED[m][name].values - BASE[name].values for m in models]


def check(got: Stored, wanted: Array, name: str) -> None:
    assert (np.abs(got.values - wanted) <= 1.5 * ulp(wanted, got.code)).all(), name


@pytest.mark.parametrize("method", [m for m in SPECTRAL if m.suits and not m.wraps], ids=lambda m: m.name)
def test_matrices_are_merged_and_the_rest_averaged(folder: Path, method: Method) -> None:
    models = "abc" if method.inputs.least == 3 else "ab"
    base = "" if method.inputs.least == 3 else ", base = base"
    built = merge(folder, f"{MODELS}merge m = {method.name}({', '.join(models)}{base})\noutput m {{}}\n")
    for name, got in built.items():
        average = BASE[name].values + np.mean(deltas(name, models), axis=0)
        differs = np.abs(got.values - average).max() > 1e-4
        assert differs == (len(SHAPES[name]) > 1 and any(p in name for p in (*MATRICES, "experts"))), name
        if not differs:
            check(got, average, name)
        elif base:
            check(got, BASE[name].values + merged(method, deltas(name)), name)


def test_scaling_holds_for_both_kinds(folder: Path) -> None:
    built = merge(folder, f"{MODELS}merge m = iso_c(a, b, base = base) {{ scaling = 0 }}\noutput m {{}}\n")
    assert all(built[name].data == BASE[name].data for name in SHAPES)


@pytest.mark.parametrize("method", [m for m in SPECTRAL if m.symmetric and m.suits], ids=lambda m: m.name)
def test_order_and_threads_change_no_bit(folder: Path, method: Method) -> None:
    base = "" if method.inputs.least == 3 else ", base = base"
    orders = ("a, b, c", "c, a, b")
    recipes = [f"{MODELS}merge m = {method.name}({order}{base})\noutput m {{}}\n" for order in orders]
    one = merge(folder, recipes[0], Request(workers=1), output="one")
    other = merge(folder, recipes[1], Request(workers=3), output="other")
    assert {n: t.data for n, t in one.items()} == {n: t.data for n, t in other.items()}


def test_wrappers_see_the_merge_and_its_inputs(folder: Path) -> None:
    built = merge(folder, f"{MODELS}merge m = svc(tsv(a, b, base = base)) {{ alpha = 0.3 }}\noutput m {{}}\n")
    for name in (n for n in SHAPES if any(p in n for p in MATRICES)):
        both = deltas(name)
        wanted = BASE[name].values + merged(SVC, [merged(TSV, both), *both], alpha=0.3)
        check(built[name], wanted, name)
    name = "lm_head.weight"
    check(built[name], BASE[name].values + np.mean(deltas(name), axis=0), name)


def test_wrappers_of_wrappers_see_the_same_inputs(folder: Path) -> None:
    inner = "svc(tsv(a, b, base = base)) { alpha = 0.3 }"
    for outer, method in (("svc", SVC), ("subspace_boosting", SUBSPACE_BOOSTING)):
        built = merge(folder, f"{MODELS}merge m = {outer}({inner})\noutput m {{}}\n", output=outer)
        for name in (n for n in SHAPES if any(p in n for p in MATRICES)):
            both = deltas(name)
            calibrated = merged(SVC, [merged(TSV, both), *both], alpha=0.3)
            check(built[name], BASE[name].values + merged(method, [calibrated, *both]), name)

"""ties_global, consensus, pcb and lines against float64 references."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mergec_methods.consensus import CONSENSUS
from mergec_methods.pcb import PCB
from mergec_methods.ties_global import TIES_GLOBAL

from mergec.api import MethodError
from tests.support import published_references as references
from tests.support.blocks import Made, Numbers, run_all, run_one
from tests.support.merges import merge, write_model
from tests.support.numbers import store

SHAPES = st.sampled_from(((1,), (7,), (40, 70), ()))
KINDS = st.sampled_from(("float32", "float64"))
CUTS = st.tuples(st.integers(1, 4), st.integers(1, 4))


def models(seed: int, shape: tuple[int, ...], kind: str, count: int) -> list[Numbers]:
    rng = np.random.default_rng(seed)
    base = rng.normal(0, 0.02, shape)
    return [(base + (rng.normal(0, 0.01, shape) if i else 0)).astype(kind) for i in range(count + 1)]


def close(got: Numbers, wanted: Numbers, kind: str, beside: float = 0.0) -> None:
    """As the reference, but for a share of elements that lie at a threshold."""
    off = np.abs(got - wanted) > (1e-6 if kind == "float32" else 1e-13) * (1 + np.abs(wanted))
    assert off.sum() <= beside * off.size


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 500), shape=SHAPES, kind=KINDS, count=st.integers(2, 4), cut=st.integers(1, 4), data=st.data()
)
def test_consensus(seed: int, shape: tuple[int, ...], kind: str, count: int, cut: int, data: st.DataObject) -> None:
    base, *inputs = models(seed, shape, kind, count)
    thresholds = data.draw(st.lists(st.sampled_from((0.0, 0.2, 0.6, 1.5)), min_size=count, max_size=count))
    votes = data.draw(st.integers(0, count))
    weights = [1.0, 0.5, 2.0, -1.0][:count]
    values = {"weight": weights, "threshold": thresholds, "votes": votes, "lambda_": 0.6}
    got = run_one(CONSENSUS, inputs, base, -(-base.size // cut), **values)
    wide = base.astype(float)
    deltas = [w * (x.astype(float) - wide) for w, x in zip(weights, inputs, strict=True)]
    close(got, references.consensus(wide, deltas, thresholds, votes, 0.6), kind, 0.001)


def test_consensus_drops_what_matters_to_one_input_or_to_none() -> None:
    base = np.zeros(3, np.float32)
    one, other = np.array([1.0, 1.0, 0.5], np.float32), np.array([1.0, 0.1, -0.5], np.float32)
    assert run_one(CONSENSUS, [one, other], base).tolist() == [2.0, 0.0, 0.0]


def test_consensus_of_more_votes_than_inputs() -> None:
    base, *inputs = models(1, (5,), "float32", 2)
    with pytest.raises(MethodError, match="3 votes of 2") as caught:
        run_one(CONSENSUS, inputs, base, votes=3)
    assert caught.value.parameter == "votes"


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 500),
    shape=SHAPES,
    kind=KINDS,
    count=st.integers(2, 4),
    cuts=CUTS,
)
def test_pcb(seed: int, shape: tuple[int, ...], kind: str, count: int, cuts: tuple[int, int]) -> None:
    base, *inputs = models(seed, shape, kind, count)
    size = (-(-base.size // cut) for cut in cuts)
    density, weights = [0.2, 0.5, 1.0, 0.1][:count], [1.0, 0.4, 0.7, 2.0][:count]
    got = run_one(PCB, inputs, base, *size, density=density, weight=weights)
    wide = base.astype(float)
    deltas = [x.astype(float) - wide for x in inputs]
    close(got, references.pcb(wide, deltas, weights, density), kind, 0.01)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 500), kind=KINDS, cuts=CUTS)
def test_global_ties(seed: int, kind: str, cuts: tuple[int, int]) -> None:
    """Tensors of different sizes and drifts; one of them asks for another density, one for all of it."""
    made = [models(seed + i, shape, kind, 2) for i, shape in enumerate(((40, 50), (300,), (7,)))]
    made[1] = [made[1][0], *(made[1][0] + 3 * (x - made[1][0]) for x in made[1][1:])]
    density, weights = [[0.3, 0.6], [0.3, 0.1], [1.0, 1.0]], [0.7, 0.4]
    tensors = [
        Made(inputs, base, {"density": d, "weight": weights}, name=str(i))
        for i, ((base, *inputs), d) in enumerate(zip(made, density, strict=True))
    ]
    size = (-(-2000 // cut) for cut in cuts)
    got = run_all(TIES_GLOBAL, tensors, *size)
    wide = [[x.astype(float) for x in tensor] for tensor in made]
    bases, inputs = [t[0] for t in wide], [[t[i] for t in wide] for i in (1, 2)]
    for ours, wanted in zip(got, references.globally_trimmed(bases, inputs, density, weights), strict=True):
        close(ours, wanted, kind)


def test_surveys_reach_all_tensors_of_a_merge(tmp_path: Path) -> None:
    """A tensor with a small drift is left as it is, where another one takes up the density."""
    quiet, loud = np.linspace(1, 2, 1000), np.linspace(-2, -1, 1000)
    drift = np.linspace(0.1, 0.2, 1000)
    write_model(tmp_path / "a", {"quiet": store(quiet, "F32"), "loud": store(loud, "F32")})
    write_model(tmp_path / "b", {"quiet": store(quiet + drift / 100, "F32"), "loud": store(loud + drift, "F32")})
    heads = 'model a = "a"\nmodel b = "b"\n'
    text = f"{heads}merge m = ties_global(b, base = a) {{ weight = 1  density = 0.4 }}\noutput m {{}}\n"
    made = merge(tmp_path, text)
    assert np.array_equal(made["quiet"].values, store(quiet, "F32").values)
    changed = made["loud"].values != store(loud, "F32").values
    assert changed.tolist() == [False] * 200 + [True] * 800


@pytest.mark.parametrize("inner", ["task_arithmetic", "ties"])
def test_lines_scales_a_merge(tmp_path: Path, inner: str) -> None:
    rng = np.random.default_rng(3)
    names = ["model.embed_tokens.weight", *(f"model.layers.{i}.mlp.up_proj.weight" for i in range(3)), "lm_head.weight"]
    values = {m: {n: rng.normal(0, 1, (8, 4)) for n in names} for m in "abc"}
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": 3}
    for model, tensors in values.items():
        write_model(tmp_path / model, {n: store(v, "F64") for n, v in tensors.items()}, config)
    heads = "".join(f'model {m} = "{m}"\n' for m in "abc")
    rule = f"{inner}(b, c, base = a) {{ weight = 0.5 }}"
    plain = merge(tmp_path, f"{heads}merge m = {rule}\noutput m {{}}\n")
    scaled = merge(tmp_path, f"{heads}merge m = lines({rule}) {{ scale = 0.2 + 0.6 * depth }}\noutput m {{}}\n")
    for name, factor in zip(names, (0.2, 0.2, 0.5, 0.8, 0.8), strict=True):
        base = values["a"][name]
        assert np.allclose(scaled[name].values, base + factor * (plain[name].values - base), rtol=0, atol=1e-14)

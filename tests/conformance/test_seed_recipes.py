"""The recipes in recipes/ as they are, ids and all, on small stand-ins in a Hub cache: twins agree, outputs load."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mergec.diagnostics import Report, Source
from mergec.driver import Compiled, Request, build, compile_recipe
from mergec.plan import Assignment
from mergec.testing.archs import GEMMA_2_2B, LLAMA_2_7B, QWEN2_5_0_5B, SMOLLM_135M, TINYLLAMA_1_1B
from mergec.testing.demo import write_stand_ins
from mergec.testing.shapes import Arch, tensors
from tests.support.archs import scaled
from tests.support.zoo_oracle import curve

RECIPES = Path(__file__).parents[2] / "recipes"
Points = tuple[float, ...]
ATTENTION: tuple[str, Points] = ("self_attn", (0, 0.5, 0.3, 0.7, 1))
MLP: tuple[str, Points] = ("mlp", (1, 0.5, 0.7, 0.3, 0))
VEE: Points = (0, 0.5, 1, 0.5, 0)


@dataclass(frozen=True)
class Seed:
    """curves: a part of a tensor's name, and the points of t for tensors with it; the first that fits counts."""

    recipe: str
    arch: Arch
    curves: tuple[tuple[str, Points], ...]

    def t(self, a: Assignment) -> float:
        points = next(points for part, points in self.curves if part in a.name)
        last = self.arch.number("num_hidden_layers") - 1
        return curve(points, 0 if a.place.layer is None else a.place.layer / last)


SEEDS = (
    Seed("smollm-slerp", SMOLLM_135M, (("", (0.6,)),)),
    Seed("tinyllama-hybrid", TINYLLAMA_1_1B, (ATTENTION, MLP, ("", (0.5,)))),
    Seed("qwen2.5-slerp", QWEN2_5_0_5B, (("", VEE),)),
    Seed("llama2-self-slerp", LLAMA_2_7B, (ATTENTION, MLP, ("", (0.5,)))),
    Seed("gemma2-slerp", GEMMA_2_2B, (("", VEE),)),
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What HF_HOME and HF_HUB_OFFLINE would do, had they been set before the client was imported."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf" / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "hf"


def write_small(cache: Path, arch: Arch) -> str:
    """Narrow stand-ins with as many layers as the real models; returns the directory of the base."""
    return write_stand_ins(str(cache), scaled(arch, layers=None))[0]


def compile_file(name: str) -> Compiled:
    path = RECIPES / name
    request = Request(directory=str(RECIPES), workers=1)
    return compile_recipe(Source(str(path), path.read_text()), request, Report())


def build_file(name: str, output: Path) -> Path:
    build(compile_file(name), str(output), force=False, sync=False, progress=lambda _: None)
    return output


def weights(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.glob("model*.safetensors")}


def load_and_generate(folder: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model: Any
    model, info = AutoModelForCausalLM.from_pretrained(folder, dtype="auto", output_loading_info=True)
    assert not any(info.values()), info
    inputs = AutoTokenizer.from_pretrained(folder)("to merge", return_tensors="pt")
    made = model.generate(**inputs, min_new_tokens=3, max_new_tokens=3, do_sample=False)
    assert made.shape[1] == inputs["input_ids"].shape[1] + 3


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.recipe)
def test_twins_give_the_same_plan_and_the_same_bytes(seed: Seed, cache: Path, tmp_path: Path) -> None:
    base = write_small(cache, seed.arch)
    yaml, language = compile_file(f"{seed.recipe}.yaml"), compile_file(f"{seed.recipe}.merge")
    assert yaml.plan.digest == language.plan.digest
    for compiled in (yaml, language):
        assert {a.name for a in compiled.plan.assignments} == {name for name, _ in tensors(seed.arch)}
        for a in compiled.plan.assignments:
            assert a.bound[0].value == pytest.approx(seed.t(a), abs=1e-12), a.name
            assert a.bound[0].origin is not None
    one = build_file(f"{seed.recipe}.yaml", tmp_path / "yaml")
    other = build_file(f"{seed.recipe}.merge", tmp_path / "merge")
    assert weights(one) == weights(other)
    assert (weights(one) == weights(Path(base))) == (seed.arch is LLAMA_2_7B)
    assert (one / "config.json").read_bytes() == (other / "config.json").read_bytes()
    load_and_generate(one)


def test_norms_on_the_line_and_matrices_on_the_sphere(cache: Path, tmp_path: Path) -> None:
    write_small(cache, SMOLLM_135M)
    compiled = compile_file("smollm-norms-linear.merge")
    methods = {(len(a.type.shape), a.method.name) for a in compiled.plan.assignments if a.method}
    assert methods == {(1, "lerp"), (2, "slerp")}
    out = build_file("smollm-norms-linear.merge", tmp_path / "out")
    assert compiled.plan.digest != compile_file("smollm-slerp.merge").plan.digest
    load_and_generate(out)


def test_the_command_finds_the_stand_ins_by_their_ids(tmp_path: Path, cache: Path) -> None:
    write_small(cache, TINYLLAMA_1_1B)
    environment = {**os.environ, "HF_HOME": str(cache), "HF_HUB_OFFLINE": "1"}
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        environment.pop(name, None)
    main = "from mergec.cli.app import main; main()"
    command = [sys.executable, "-c", main, "build", str(RECIPES / "tinyllama-hybrid.yaml"), str(tmp_path / "out")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert weights(tmp_path / "out") == weights(build_file("tinyllama-hybrid.merge", tmp_path / "twin"))

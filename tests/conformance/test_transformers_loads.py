"""Merges of the five seed families: AutoModelForCausalLM and AutoTokenizer load the output, and it generates."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mergec.core.dtype import DType
from mergec.driver import Request
from mergec.testing.archs import GEMMA_2_2B, LLAMA_2_7B, QWEN2_5_0_5B, SMOLLM_135M, TINYLLAMA_1_1B
from mergec.testing.shapes import Arch, tensors
from mergec.testing.write import write_checkpoint
from tests.support.archs import scaled
from tests.support.compiling import build_text
from tests.support.zoo_oracle import read_tensors, slerp

FAMILIES = tuple(map(scaled, (SMOLLM_135M, TINYLLAMA_1_1B, QWEN2_5_0_5B, LLAMA_2_7B, GEMMA_2_2B)))
RECIPE = """\
models:
  - model: base
  - model: tuned
merge_method: slerp
base_model: {donor}
parameters:
  t: [0.2, 0.8]
dtype: {dtype}
"""


def write_pair(folder: Path, base: Arch, tuned: Arch, dtype: DType | None = None) -> None:
    write_checkpoint(str(folder / "base"), base, seed=1, dtype=dtype)
    write_checkpoint(str(folder / "tuned"), tuned, seed=2, tuned_from=1, dtype=dtype)


def load(folder: Path) -> Any:
    """The model, in the type that its config.json states."""
    from transformers import AutoModelForCausalLM

    model, info = AutoModelForCausalLM.from_pretrained(folder, dtype="auto", output_loading_info=True)
    assert not any(info.values()), info
    return model


def generate(model: Any, folder: Path, count: int) -> int:
    """How many tokens the model adds to a prompt."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer("to merge", return_tensors="pt")
    made = model.generate(**inputs, min_new_tokens=count, max_new_tokens=count, do_sample=False)
    assert tokenizer.decode(made[0], skip_special_tokens=True).startswith("to merge")
    return int(made.shape[1] - inputs["input_ids"].shape[1])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("arch", FAMILIES, ids=lambda arch: arch.name)
def test_a_sharded_merge_loads_and_generates(arch: Arch, dtype: str, tmp_path: Path) -> None:
    write_pair(tmp_path, arch, arch)
    text = RECIPE.format(donor="base", dtype=dtype)
    out = build_text(tmp_path, text, request=Request(workers=1, shard_bytes=50_000))
    index = json.loads((out / "model.safetensors.index.json").read_text())
    assert set(index["weight_map"]) == {name for name, _ in tensors(arch)}
    assert len(set(index["weight_map"].values())) == len(list(out.glob("*.safetensors"))) > 1
    model = load(out)
    assert {p.dtype for p in model.parameters()} == {getattr(torch, dtype)}
    config = json.loads((out / "config.json").read_text())
    assert config["torch_dtype"] == dtype
    tied = model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr()
    assert tied == arch.is_tied
    assert generate(model, out, 5) == 5


@pytest.mark.parametrize("donor", ["base", "tuned"])
def test_the_chat_template_is_the_donors(donor: str, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    arch = FAMILIES[0]
    write_pair(tmp_path, arch, arch)
    out = build_text(tmp_path, RECIPE.format(donor=donor, dtype="bfloat16"))
    assert (AutoTokenizer.from_pretrained(out).chat_template is not None) == (donor == "tuned")
    stated = json.loads((out / "config.json").read_text())["eos_token_id"]
    assert stated == json.loads((tmp_path / donor / "config.json").read_text())["eos_token_id"]


@pytest.mark.parametrize("donor", ["base", "tuned"])
@pytest.mark.parametrize("untied", ["base", "tuned"])
@pytest.mark.parametrize("arch", [FAMILIES[0], FAMILIES[4]], ids=lambda arch: arch.name)
def test_a_head_that_one_input_ties_is_merged_and_untied(arch: Arch, untied: str, donor: str, tmp_path: Path) -> None:
    own_head = dataclasses.replace(arch, config={**arch.config, "tie_word_embeddings": False})
    assert arch.is_tied
    assert not own_head.is_tied
    pair = (own_head, arch) if untied == "base" else (arch, own_head)
    write_pair(tmp_path, *pair, dtype=DType.F32)
    out = build_text(tmp_path, RECIPE.format(donor=donor, dtype="float32"))
    assert json.loads((out / "config.json").read_text())["tie_word_embeddings"] is False
    base, tuned, made = (read_tensors(folder) for folder in (tmp_path / "base", tmp_path / "tuned", out))
    heads = [model.get("lm_head.weight", model["model.embed_tokens.weight"]) for model in (base, tuned)]
    t = 0.2 if donor == "base" else 0.8
    np.testing.assert_allclose(made["lm_head.weight"], slerp(*heads, t), rtol=2**-23, atol=1e-9)
    model = load(out)
    assert torch.equal(model.lm_head.weight.detach(), torch.from_numpy(made["lm_head.weight"]))
    assert torch.equal(model.model.embed_tokens.weight.detach(), torch.from_numpy(made["model.embed_tokens.weight"]))
    assert not torch.equal(model.lm_head.weight, model.model.embed_tokens.weight)

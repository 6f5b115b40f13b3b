"""Stand-in checkpoints: layout, values, and what transformers makes of them."""

import dataclasses
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from mergec.core.dtype import DType
from mergec.testing.archs import ARCHS, GEMMA_2_2B, LLAMA_3_1_405B, TINY_LLAMA
from mergec.testing.shapes import Arch, checkpoint_bytes, tensors
from mergec.testing.write import write_checkpoint, write_header_only
from tests.support.archs import scaled


def digests(directory: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in directory.iterdir()}


def saved_again(path: Path) -> bytes:
    copy = path.with_suffix(".copy")
    save_file(load_file(path), copy, metadata={"format": "pt"})
    return copy.read_bytes()


@pytest.mark.parametrize("dtype", [DType.BF16, DType.F16, DType.F32, DType.F64])
def test_bytes_are_those_of_the_reference_serializer(tmp_path: Path, dtype: DType) -> None:
    write_checkpoint(str(tmp_path), TINY_LLAMA, seed=1, dtype=dtype)
    path = tmp_path / "model.safetensors"
    assert saved_again(path) == path.read_bytes()


def test_shards_hold_every_tensor_once(tmp_path: Path) -> None:
    write_checkpoint(str(tmp_path), TINY_LLAMA, seed=1, shard_bytes=100_000)
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    found = {}
    for file in sorted(set(index["weight_map"].values())):
        assert saved_again(tmp_path / file) == (tmp_path / file).read_bytes()
        with safe_open(tmp_path / file, "pt") as opened:
            found |= {name: tuple(opened.get_slice(name).get_shape()) for name in opened.keys()}  # noqa: SIM118
    assert found == {name: type_.shape for name, type_ in tensors(TINY_LLAMA)}
    assert set(index["weight_map"]) == set(found)
    assert index["metadata"]["total_size"] == checkpoint_bytes(TINY_LLAMA)


def test_same_arguments_same_bytes(tmp_path: Path) -> None:
    for name, seed, tuned_from in (("a", 1, None), ("b", 1, None), ("c", 2, None), ("d", 2, 1), ("e", 2, 1)):
        write_checkpoint(str(tmp_path / name), TINY_LLAMA, seed=seed, tuned_from=tuned_from)
    a, b, c, d, e = (digests(tmp_path / name) for name in "abcde")
    assert a == b
    assert d == e
    assert len({x["model.safetensors"] for x in (a, c, d)}) == 3


def test_values_do_not_depend_on_sharding(tmp_path: Path) -> None:
    write_checkpoint(str(tmp_path / "one"), TINY_LLAMA, seed=1)
    write_checkpoint(str(tmp_path / "many"), TINY_LLAMA, seed=1, shard_bytes=100_000)
    whole = load_file(tmp_path / "one" / "model.safetensors")
    for path in (tmp_path / "many").glob("*.safetensors"):
        for name, tensor in load_file(path).items():
            assert torch.equal(tensor, whole[name])


def test_blocks_of_a_large_tensor_differ(tmp_path: Path) -> None:
    wide = dataclasses.replace(TINY_LLAMA, config={**TINY_LLAMA.config, "vocab_size": 16384, "num_hidden_layers": 1})
    write_checkpoint(str(tmp_path), wide, seed=1, dtype=DType.F32)
    embedding = load_file(tmp_path / "model.safetensors")["model.embed_tokens.weight"]
    quarters = embedding.reshape(4, -1)
    assert torch.corrcoef(quarters).sub(torch.eye(4)).abs().max() < 0.02
    assert (embedding != 0).all()
    assert embedding.std().item() == pytest.approx(0.02, rel=0.01)


@pytest.mark.parametrize("arch", [TINY_LLAMA, GEMMA_2_2B], ids=lambda arch: arch.name)
def test_a_fine_tune_resembles_its_base(tmp_path: Path, arch: Arch) -> None:
    arch = scaled(arch)
    write_checkpoint(str(tmp_path / "base"), arch, seed=1, dtype=DType.F32)
    write_checkpoint(str(tmp_path / "tuned"), arch, seed=2, tuned_from=1, dtype=DType.F32)
    base, tuned = (load_file(tmp_path / name / "model.safetensors") for name in ("base", "tuned"))
    for name, weight in base.items():
        cosine = torch.cosine_similarity(weight.flatten(), tuned[name].flatten(), dim=0).item()
        assert 0.96 < cosine < 0.99999, name
    norms = torch.cat([v for k, v in base.items() if k.endswith("norm.weight")])
    assert norms.mean().item() == pytest.approx(0.0 if arch.name.startswith("gemma") else 1.0, abs=0.05)


@pytest.mark.parametrize("arch", ARCHS, ids=lambda arch: arch.name)
def test_transformers_loads_and_generates(tmp_path: Path, arch: Arch) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    arch = scaled(arch)
    write_checkpoint(str(tmp_path), arch, seed=2, tuned_from=1)
    model, info = AutoModelForCausalLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(info.values()), info
    assert model.dtype == getattr(torch, arch.dtype.torch_name)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    inputs = tokenizer("to merge", return_tensors="pt")
    made = model.float().generate(**inputs, min_new_tokens=3, max_new_tokens=3, do_sample=False)
    assert made.shape[1] == inputs["input_ids"].shape[1] + 3


@pytest.mark.parametrize("arch", ARCHS, ids=lambda arch: arch.name)
@pytest.mark.parametrize("tuned_from", [None, 1], ids=["base", "tuned"])
def test_tokenizer_round_trips_and_agrees_with_the_config(tmp_path: Path, arch: Arch, tuned_from: int | None) -> None:
    from transformers import AutoTokenizer

    write_checkpoint(str(tmp_path), arch, seed=2, tuned_from=tuned_from, sparse=True)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    text = "Grüße, 世界 🙂\n\tx = {1:  2}\x00\xad"
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.decode(ids) == text
    assert max(ids) < config["vocab_size"]
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id) == (config["bos_token_id"], config["eos_token_id"])
    assert tokenizer.encode(tokenizer.eos_token) == [config["eos_token_id"]]
    assert (tokenizer.chat_template is not None) == (tuned_from is not None)


def test_chat_template_renders(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    write_checkpoint(str(tmp_path), TINY_LLAMA, seed=2, tuned_from=1)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    turns = [{"role": "user", "content": "Hi"}]
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    assert text == "[user] Hi</s>\n[assistant] "


def test_header_only_takes_no_room_and_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from mergec.testing.archs import LLAMA_3_1_405B as a; import mergec.testing.demo;"
        "from mergec.testing.write import write_header_only; write_header_only(sys.argv[1], a);"
        "assert not {'torch', 'transformers', 'safetensors', 'huggingface_hub'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    files = sorted(tmp_path.glob("*.safetensors"))
    assert sum(p.stat().st_size for p in files) > checkpoint_bytes(LLAMA_3_1_405B)
    assert sum(p.stat().st_blocks * 512 for p in files) < 10_000_000
    with safe_open(files[0], "pt") as opened:
        assert opened.get_slice("model.embed_tokens.weight").get_shape() == [128256, 16384]


def test_rewriting_leaves_no_weights_behind(tmp_path: Path) -> None:
    write_checkpoint(str(tmp_path), TINY_LLAMA, seed=1, shard_bytes=100_000)
    write_header_only(str(tmp_path), TINY_LLAMA)
    assert [p.name for p in tmp_path.glob("model*")] == ["model.safetensors"]


def test_progress_counts_every_byte(tmp_path: Path) -> None:
    steps: list[int] = []
    write_checkpoint(str(tmp_path), TINY_LLAMA, seed=1, progress=steps.append)
    assert sum(steps) == checkpoint_bytes(TINY_LLAMA)
    assert len(steps) >= len(tensors(TINY_LLAMA))


def test_card_has_front_matter(tmp_path: Path) -> None:
    import yaml

    write_header_only(str(tmp_path), TINY_LLAMA)
    front = (tmp_path / "README.md").read_text().split("---\n")[1]
    assert yaml.safe_load(front) == {"license": "apache-2.0", "language": ["en"]}

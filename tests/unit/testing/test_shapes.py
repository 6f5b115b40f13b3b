"""Stand-in shapes are those of the real models, as transformers builds them from the same config."""

import pytest

from mergec.checkpoint import lay_out
from mergec.core.dtype import DType
from mergec.diagnostics import RecipeError
from mergec.testing.archs import ARCHS, GEMMA_2_2B, LLAMA_3_1_405B, find_arch
from mergec.testing.shapes import checkpoint_bytes, tensors

PUBLISHED = [
    ("smollm-135m", 272, 0.269e9),
    ("tinyllama-1.1b", 201, 2.20e9),
    ("qwen2.5-0.5b", 290, 0.988e9),
    ("llama-2-7b", 291, 13.48e9),
    ("gemma-2-2b", 288, 5.23e9),
    ("llama-3.1-405b", 1137, 811.7e9),
]


@pytest.mark.parametrize(("name", "count", "size"), PUBLISHED)
def test_counts_and_bytes_are_the_published_ones(name: str, count: int, size: float) -> None:
    arch = find_arch(name)
    assert len(tensors(arch)) == count
    assert checkpoint_bytes(arch) == pytest.approx(size, rel=2e-3)


@pytest.mark.parametrize("arch", ARCHS, ids=lambda arch: arch.name)
def test_names_and_shapes_are_those_of_transformers(arch) -> None:
    torch = pytest.importorskip("torch")
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(**arch.config)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    expected = {name: tuple(p.shape) for name, p in model.state_dict().items()}
    if arch.is_tied:
        assert model.config.tie_word_embeddings
        expected.pop("lm_head.weight")
    assert {name: type_.shape for name, type_ in tensors(arch)} == expected


def test_dtype_can_be_replaced() -> None:
    assert checkpoint_bytes(GEMMA_2_2B, DType.F32) == 2 * checkpoint_bytes(GEMMA_2_2B)


@pytest.mark.parametrize("arch", ARCHS, ids=lambda arch: arch.name)
def test_shards_are_those_of_the_hub_client(arch) -> None:
    from huggingface_hub import split_state_dict_into_shards_factory

    split = split_state_dict_into_shards_factory(
        dict(tensors(arch)),
        get_storage_size=lambda type_: type_.nbytes,
        filename_pattern="model{suffix}.safetensors",
        max_shard_size=arch.shard_bytes,
    )
    shards = lay_out(tensors(arch), arch.shard_bytes)
    assert {s.file: {e.name for e in s.entries} for s in shards} == {
        file: set(names) for file, names in split.filename_to_tensors.items()
    }


def test_the_large_ones_are_sharded() -> None:
    counts = {arch.name: len(lay_out(tensors(arch), arch.shard_bytes)) for arch in ARCHS}
    assert counts["llama-2-7b"] == 2
    assert counts["gemma-2-2b"] == 2
    assert counts["tinyllama-1.1b"] == 1
    assert counts["llama-3.1-405b"] > 180


def test_every_shard_stays_within_its_limit() -> None:
    for shard in lay_out(tensors(LLAMA_3_1_405B), LLAMA_3_1_405B.shard_bytes):
        assert shard.nbytes - len(shard.header) <= LLAMA_3_1_405B.shard_bytes


def test_unknown_architecture_suggests_one() -> None:
    with pytest.raises(RecipeError) as caught:
        find_arch("smolm-135m")
    assert caught.value.diagnostics[0].help == "did you mean `smollm-135m`?"

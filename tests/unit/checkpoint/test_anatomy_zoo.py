"""The anatomy of real architectures, as transformers saves them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mergec.checkpoint import infer_anatomy
from mergec.core.anatomy import Anatomy, Position
from mergec.sidecar import layer_counts, parse_config
from tests.support.zoo import all_species, read_names, why_unusable, write_species
from tests.support.zoo_anatomy import EXPECTED

ROLES = {
    "gpt2": {"transformer.h.1.attn.c_attn.weight": "attention k q v", "transformer.wpe.weight": "embedding"},
    "gpt-neox": {"gpt_neox.layers.2.mlp.dense_4h_to_h.weight": "down mlp", "embed_out.weight": "head"},
    "bert": {"bert.encoder.layer.0.attention.output.LayerNorm.weight": "attention norm"},
    "albert": {"albert.encoder.albert_layer_groups.0.albert_layers.0.ffn.weight": "mlp up"},
    "distilbert": {"distilbert.transformer.layer.1.ffn.lin2.weight": "down mlp"},
    "deberta-v2": {"deberta.encoder.layer.0.attention.self.value_proj.bias": "attention bias v"},
    "deepseek-v3": {
        "model.layers.0.self_attn.kv_a_proj_with_mqa.weight": "attention k v",
        "model.layers.1.mlp.gate.e_score_correction_bias": "bias mlp router",
        "model.layers.1.mlp.shared_experts.up_proj.weight": "expert mlp up",
    },
    "gpt-oss": {"model.layers.0.mlp.experts.gate_up_proj": "expert gate mlp up"},
    "granite-moe": {"model.layers.0.block_sparse_moe.output_linear.weight": "down expert mlp"},
    "phi3": {"model.layers.0.self_attn.qkv_proj.weight": "attention k q v"},
    "t5": {"decoder.block.0.layer.2.DenseReluDense.wo.weight": "down mlp", "shared.weight": "embedding"},
    "mt5": {"encoder.block.0.layer.1.DenseReluDense.wi_0.weight": "gate mlp"},
    "rwkv": {"rwkv.blocks.0.feed_forward.key.weight": "mlp up", "rwkv.blocks.0.attention.key.weight": "attention k"},
    "siglip": {"vision_model.encoder.layers.0.mlp.fc1.bias": "bias mlp up"},
    "qwen2-vl": {
        "visual.blocks.0.attn.proj.weight": "attention o",
        "visual.blocks.0.attn.qkv.bias": "attention bias k q v",
    },
    "modernbert": {"model.layers.0.attn.Wo.weight": "attention o", "decoder.bias": "bias head"},
}
WITHOUT_ROLES = re.compile(
    r"mamba\.|mixer\.|^conv\.|layer_scale|^linear\.|projector\.|projection|project_(?:in|out)|^(?:logit_|feature_)|conv\d?\.|\.conv"
)


def read_anatomy(folder: Path) -> Anatomy:
    counts = layer_counts(parse_config((folder / "config.json").read_bytes()))
    return infer_anatomy(read_names(folder), counts)


def test_the_zoo_has_at_least_thirty_members_that_this_transformers_can_build() -> None:
    usable = [species.name for species in all_species() if why_unusable(species.name) is None]
    assert len(usable) >= 30
    assert {species.name for species in all_species()} == set(EXPECTED)


def test_a_seed_gives_the_same_bytes_and_another_seed_a_sibling(tmp_path: Path) -> None:
    files = [write_species("llama", tmp_path / str(i), seed) / "model.safetensors" for i, seed in enumerate((0, 0, 1))]
    first, again, sibling = (file.read_bytes() for file in files)
    assert first == again
    assert first != sibling
    assert len(first) == len(sibling)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_member(name: str, tmp_path: Path) -> None:
    reason = why_unusable(name)
    if reason:
        pytest.skip(reason)
    anatomy = read_anatomy(write_species(name, tmp_path))
    expected = EXPECTED[name]
    assert tuple((stack.prefix, stack.layers) for stack in anatomy.stacks) == tuple(sorted(expected.stacks))
    assert (anatomy.main and anatomy.main.prefix) == (expected.stacks[0][0] if expected.main else None)
    assert_layers(anatomy)
    late = {name for name, place in anatomy.places if place.position is Position.AFTER}
    outside = {name for name, place in anatomy.places if place.position is not Position.LAYER}
    assert late == {name for name in outside if name.startswith(tuple(f"{module}." for module in expected.late))} | (
        outside & set(expected.late)
    )
    assert_roles(anatomy)
    roles = {tensor: " ".join(sorted(place.roles)) for tensor, place in anatomy.places}
    assert {tensor: roles[tensor] for tensor in ROLES.get(name, {})} == ROLES.get(name, {})


def assert_layers(anatomy: Anatomy) -> None:
    for name, place in anatomy.places:
        inside = place.position is Position.LAYER
        assert name == (f"{place.stack}{place.layer}.{place.suffix}" if inside else place.suffix)
    for stack in anatomy.stacks:
        places = [place for _, place in anatomy.places if place.stack == stack.prefix]
        assert {place.layer for place in places} == set(range(stack.layers))
        assert {place.layers for place in places} == {stack.layers}


def assert_roles(anatomy: Anatomy) -> None:
    for name, place in anatomy.places:
        assert place.roles or WITHOUT_ROLES.search(place.suffix), name
        assert ("bias" in place.roles) == name.endswith(("bias", "_bias")), name
        vector = re.search(r"norm|(?:^|[._])ln(?:[._\d]|$)", name.lower().rpartition(".")[0])
        assert ("norm" in place.roles) == bool(vector), name
        if {"q", "k", "v", "o"} & place.roles:
            assert "attention" in place.roles, name
        if {"gate", "up", "down", "expert", "router"} & place.roles:
            assert "mlp" in place.roles, name
    everything = frozenset().union(*(place.roles for _, place in anatomy.places))
    assert "embedding" in everything

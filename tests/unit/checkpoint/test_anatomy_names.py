"""Layouts of checkpoints on the Hub that transformers' own saver does not produce."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest

from mergec.checkpoint import infer_anatomy
from mergec.contract.architecture import Architecture
from mergec.core.anatomy import Anatomy, LayerCount, Place, Position, Stack

LLAMA_LAYER = (
    "input_layernorm.weight",
    "self_attn.q_proj.weight",
    "self_attn.o_proj.weight",
    "mlp.gate_proj.weight",
    "mlp.down_proj.weight",
    "post_attention_layernorm.weight",
)


def layers(prefix: str, count: int, suffixes: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{prefix}{i}.{suffix}" for i in range(count) for suffix in suffixes)


def stated(count: int, *keys: str) -> LayerCount:
    return LayerCount(keys or ("num_hidden_layers",), count)


def place_of(anatomy: Anatomy, name: str) -> Place:
    return dict(anatomy.places)[name]


def roles_of(*names: str, counts: tuple[LayerCount, ...] = ()) -> dict[str, str]:
    return {name: " ".join(sorted(place.roles)) for name, place in infer_anatomy(names, counts).places}


def test_gpt2_as_first_published() -> None:
    suffixes = ("attn.bias", "attn.c_attn.weight", "attn.c_proj.bias", "ln_1.weight", "mlp.c_fc.weight")
    anatomy = infer_anatomy(("wte.weight", "wpe.weight", *layers("h.", 12, suffixes), "ln_f.weight"), ())
    assert anatomy.stacks == (Stack("h.", 12),)
    assert anatomy.main == Stack("h.", 12)
    assert place_of(anatomy, "h.7.attn.bias").roles == {"attention", "buffer"}
    assert place_of(anatomy, "h.7.attn.c_proj.bias").roles == {"attention", "o", "bias"}
    assert place_of(anatomy, "h.7.attn.c_attn.weight") == Place(
        Position.LAYER, "h.", 7, 12, "attn.c_attn.weight", frozenset({"attention", "q", "k", "v"})
    )
    assert place_of(anatomy, "ln_f.weight").position is Position.AFTER
    assert place_of(anatomy, "wpe.weight").position is Position.BEFORE


def test_llama_with_its_rotary_frequencies() -> None:
    names = layers("model.layers.", 2, (*LLAMA_LAYER, "self_attn.rotary_emb.inv_freq"))
    anatomy = infer_anatomy((*names, "model.rotary_emb.inv_freq"), (stated(2),))
    assert place_of(anatomy, "model.layers.1.self_attn.rotary_emb.inv_freq").roles == {"attention", "buffer"}
    assert place_of(anatomy, "model.rotary_emb.inv_freq").roles == {"buffer"}


def test_llama_as_first_published() -> None:
    suffixes = ("attention.wq.weight", "attention.wo.weight", "feed_forward.w1.weight", "ffn_norm.weight")
    anatomy = infer_anatomy(
        ("tok_embeddings.weight", *layers("layers.", 4, suffixes), "norm.weight", "output.weight", "rope.freqs"), ()
    )
    assert anatomy.main == Stack("layers.", 4)
    assert place_of(anatomy, "layers.3.attention.wo.weight").roles == {"attention", "o"}
    assert place_of(anatomy, "layers.3.feed_forward.w1.weight").roles == {"mlp", "gate"}
    after = [name for name, place in anatomy.places if place.position is Position.AFTER]
    assert after == ["norm.weight", "output.weight"]


def test_mixtral_of_one_file_per_expert() -> None:
    suffixes = ["self_attn.q_proj.weight", "block_sparse_moe.gate.weight"]
    suffixes += [f"block_sparse_moe.experts.{e}.{w}.weight" for e in range(8) for w in ("w1", "w2", "w3")]
    anatomy = infer_anatomy(layers("model.layers.", 4, suffixes), (stated(4),))
    assert anatomy.stacks == (Stack("model.layers.", 4),)
    assert place_of(anatomy, "model.layers.2.block_sparse_moe.experts.7.w2.weight") == Place(
        Position.LAYER,
        "model.layers.",
        2,
        4,
        "block_sparse_moe.experts.7.w2.weight",
        frozenset({"mlp", "expert", "down"}),
    )
    assert place_of(anatomy, "model.layers.2.block_sparse_moe.gate.weight").roles == {"mlp", "router"}


def test_one_layer_of_experts_is_one_layer() -> None:
    experts = tuple(f"mlp.experts.{e}.up_proj.weight" for e in range(8))
    names = layers("model.layers.", 1, ("self_attn.q_proj.weight", *experts))
    assert infer_anatomy(names, (stated(1),)).stacks == (Stack("model.layers.", 1),)
    assert infer_anatomy(names, ()).stacks == (Stack("model.layers.", 1),)


def test_deepseek_v3_with_the_layer_that_predicts_further_tokens() -> None:
    extra = ("eh_proj.weight", "enorm.weight", "hnorm.weight", "embed_tokens.weight", "shared_head.head.weight")
    names = (
        *layers("model.layers.", 62, LLAMA_LAYER),
        *(f"model.layers.61.{suffix}" for suffix in extra),
        "model.norm.weight",
    )
    anatomy = infer_anatomy(names, (stated(61),))
    assert anatomy.main == Stack("model.layers.", 61)
    assert place_of(anatomy, "model.layers.60.mlp.gate_proj.weight").layer == 60
    beyond = place_of(anatomy, "model.layers.61.self_attn.q_proj.weight")
    assert (beyond.position, beyond.layer, beyond.stack) == (Position.AFTER, None, "")
    assert beyond.roles == {"attention", "q"}
    assert infer_anatomy(names, ()).main == Stack("model.layers.", 61)


def test_layers_that_predict_further_tokens_in_a_list_of_their_own() -> None:
    names = (*layers("model.layers.", 4, LLAMA_LAYER), *layers("mtp.layers.", 1, LLAMA_LAYER), "mtp.norm.weight")
    anatomy = infer_anatomy(names, (stated(4),))
    assert anatomy.stacks == (Stack("model.layers.", 4), Stack("mtp.layers.", 1))
    assert anatomy.main == Stack("model.layers.", 4)
    assert place_of(anatomy, "mtp.norm.weight").position is Position.AFTER


def test_qwen2_vl_tells_blocks_from_the_merger() -> None:
    names = (
        "visual.patch_embed.proj.weight",
        *layers("visual.blocks.", 32, ("norm1.weight", "attn.qkv.weight", "attn.proj.bias", "mlp.fc1.weight")),
        "visual.merger.ln_q.weight",
        "visual.merger.mlp.0.weight",
        "visual.merger.mlp.2.weight",
        *layers("model.layers.", 28, LLAMA_LAYER),
        "model.norm.weight",
    )
    anatomy = infer_anatomy(names, (stated(28), stated(32, "vision_config", "depth")))
    assert anatomy.stacks == (Stack("model.layers.", 28), Stack("visual.blocks.", 32))
    assert anatomy.main == Stack("model.layers.", 28)
    assert place_of(anatomy, "visual.merger.mlp.2.weight").position is Position.BEFORE


def test_whisper_has_two_stacks_and_no_main_one() -> None:
    names = (
        "model.encoder.conv1.weight",
        *layers("model.encoder.layers.", 32, ("self_attn.q_proj.weight", "fc1.weight", "final_layer_norm.weight")),
        *layers("model.decoder.layers.", 4, ("encoder_attn.out_proj.weight", "encoder_attn_layer_norm.weight")),
        "proj_out.weight",
    )
    anatomy = infer_anatomy(names, (stated(32, "encoder_layers"), stated(4, "decoder_layers"), stated(32)))
    assert anatomy.stacks == (Stack("model.decoder.layers.", 4), Stack("model.encoder.layers.", 32))
    assert anatomy.main is None
    assert place_of(anatomy, "model.encoder.layers.5.final_layer_norm.weight").roles == {"norm"}
    assert place_of(anatomy, "model.decoder.layers.3.encoder_attn.out_proj.weight").roles == {"attention", "o"}
    assert place_of(anatomy, "proj_out.weight").position is Position.AFTER


def test_language_models_beside_a_talker_and_a_speaker() -> None:
    names = (
        *layers("thinker.model.layers.", 4, LLAMA_LAYER),
        *layers("thinker.audio_tower.layers.", 4, LLAMA_LAYER),
        *layers("talker.model.layers.", 4, LLAMA_LAYER),
    )
    assert infer_anatomy(names, (stated(4),)).main == Stack("thinker.model.layers.", 4)


def test_a_picture_tokenizer_and_an_action_expert_are_not_the_language_model() -> None:
    names = (
        *layers("model.language_model.layers.", 4, LLAMA_LAYER),
        *layers("model.vqmodel.encoder.down.", 4, LLAMA_LAYER),
        *layers("model.vqmodel.decoder.up.", 4, LLAMA_LAYER),
        *layers("model.dit.layers.", 4, LLAMA_LAYER),
    )
    assert infer_anatomy(names, (stated(4),)).main == Stack("model.language_model.layers.", 4)


def test_projections_lead_in_but_for_those_of_two_towers() -> None:
    names = ("visual_projection.weight", "git.visual_projection.visual_projection.0.weight", "output_projection.weight")
    positions = [place.position for _, place in infer_anatomy(names, ()).places]
    assert positions == [Position.AFTER, Position.BEFORE, Position.AFTER]


def test_two_equal_candidates_leave_no_main_stack() -> None:
    names = (*layers("left.layers.", 4, LLAMA_LAYER), *layers("right.layers.", 4, LLAMA_LAYER))
    assert infer_anatomy(names, (stated(4),)).main is None
    names = (*layers("left.layers.", 4, LLAMA_LAYER), *layers("right.layers.", 6, LLAMA_LAYER))
    assert infer_anatomy(names, (stated(6),)).main == Stack("right.layers.", 6)


@pytest.mark.parametrize(
    "names",
    [
        ("mm_projector.0.weight", "mm_projector.0.bias", "mm_projector.2.weight", "mm_projector.2.bias"),
        layers("feature_extractor.conv_layers.", 7, ("conv.weight", "layer_norm.weight", "layer_norm.bias")),
        layers("classifier.", 2, ("dense.weight", "out_proj.weight")),
        layers("relative_positions.", 12, ("weight",)),
        layers("decoder.relative_bias.biases.", 3, ("relative_attention_bias.weight",)),
        layers("visual.deepstack_merger_list.", 3, ("linear_fc1.weight", "linear_fc2.weight", "norm.weight")),
        layers("heads.", 4, ("attn.q_proj.weight", "norm.weight")),
        ("blocks.1.attn.qkv.weight", "blocks.1.attn.proj.weight", "blocks.4.attn.qkv.weight"),
        ("weight", "0.weight", "", ".", "a..b", "layers.0"),
    ],
)
def test_containers_are_not_stacks(names: tuple[str, ...]) -> None:
    anatomy = infer_anatomy(names, (stated(7), stated(3), stated(4)))
    assert anatomy.stacks == ()
    assert anatomy.main is None
    assert [place.suffix for _, place in anatomy.places] == list(names)


@pytest.mark.parametrize("suffix", ["self_attn.q_proj.weight", "mlp.up_proj.weight", "fc.weight"])
def test_layers_of_one_tensor_are_a_stack_where_their_number_is_stated(suffix: str) -> None:
    names = ("embed.weight", *layers("model.layers.", 4, (suffix,)), "norm.weight")
    assert infer_anatomy(names, (stated(4),)).main == Stack("model.layers.", 4)
    for counts in ((), (stated(5),)):
        assert infer_anatomy(names, counts).main is None
    beside = (*names, *layers("tower.blocks.", 2, LLAMA_LAYER))
    assert infer_anatomy(beside, (stated(4),)).stacks == (Stack("tower.blocks.", 2),)


def test_an_outer_list_of_one_is_not_the_stack_if_the_list_inside_is_counted() -> None:
    names = layers("towers.0.layers.", 6, LLAMA_LAYER)
    assert infer_anatomy(names, (stated(6),)).stacks == (Stack("towers.0.layers.", 6),)


def test_stages_of_blocks_are_layers_by_stage() -> None:
    blocks = tuple(f"blocks.{b}.{m}.weight" for b in range(2) for m in ("attention.self.query", "layernorm_before"))
    assert infer_anatomy(layers("encoder.layers.", 4, blocks), ()).stacks == (Stack("encoder.layers.", 4),)


def test_networks_of_convolutions_have_layers_too() -> None:
    block = ("layers.0.conv1.weight", "layers.0.conv2.weight", "layers.1.conv1.weight", "downsample.0.norm.weight")
    names = ("stem.conv.weight", *layers("encoder.stages.", 4, block), "pooler.norm.weight", "head.fc.weight")
    assert infer_anatomy(names, ()).main == Stack("encoder.stages.", 4)
    beside = (*names, *layers("model.layers.", 2, LLAMA_LAYER))
    assert infer_anatomy(beside, ()).stacks == (Stack("model.layers.", 2),)


def test_roles_of_words_that_mean_two_things() -> None:
    assert roles_of(
        "l.0.attention.output.dense.weight", "l.0.output.dense.weight", "l.0.intermediate.dense.bias", "output.weight"
    ) == {
        "l.0.attention.output.dense.weight": "attention o",
        "l.0.output.dense.weight": "down mlp",
        "l.0.intermediate.dense.bias": "bias mlp up",
        "output.weight": "head",
    }
    assert roles_of("b.0.attn.c_proj.weight", "b.0.mlp.c_proj.weight", "b.0.mixer.in_proj.weight") == {
        "b.0.attn.c_proj.weight": "attention o",
        "b.0.mlp.c_proj.weight": "down mlp",
        "b.0.mixer.in_proj.weight": "",
    }


def test_norms_and_biases_of_attention_are_told_from_its_matrices() -> None:
    assert roles_of(
        "l.0.self_attn.q_proj.bias", "l.0.self_attn.k_norm.weight", "l.0.post_attention_layernorm.weight"
    ) == {
        "l.0.self_attn.q_proj.bias": "attention bias q",
        "l.0.self_attn.k_norm.weight": "attention k norm",
        "l.0.post_attention_layernorm.weight": "norm",
    }


def test_an_architecture_stands_above_the_names() -> None:
    given = Architecture(
        "odd",
        ("odd",),
        stacks=("net.cells.", "absent."),
        main="net.cells.",
        after=("*.last.*",),
        roles=(("mlp", "*.mixing.*"),),
    )
    names = (*layers("net.cells.", 3, ("mixing.weight",)), "net.last.weight")
    anatomy = infer_anatomy(names, (), given)
    assert anatomy.stacks == (Stack("net.cells.", 3),)
    assert anatomy.main == Stack("net.cells.", 3)
    assert place_of(anatomy, "net.cells.1.mixing.weight").roles == {"mlp"}
    assert place_of(anatomy, "net.last.weight").position is Position.AFTER
    assert infer_anatomy(names, ()).stacks == ()


def test_the_order_of_the_names_changes_the_order_of_places_alone() -> None:
    names = (*layers("model.encoder.layers.", 3, LLAMA_LAYER), *layers("model.decoder.layers.", 2, LLAMA_LAYER))
    forward, backward = infer_anatomy(names, ()), infer_anatomy(names[::-1], ())
    assert (forward.stacks, forward.main) == (backward.stacks, backward.main)
    assert forward.places == backward.places[::-1]


def test_a_hundred_thousand_names_take_linear_time() -> None:
    names = layers("model.layers.", 60, (*LLAMA_LAYER, *(f"mlp.experts.{e}.w1.weight" for e in range(1660))))
    started = time.process_time()
    anatomy = infer_anatomy(names, (stated(60),))
    assert time.process_time() - started < 4  # about 1 s; the rest is for slow machines
    assert anatomy.main == Stack("model.layers.", 60)


def test_hostile_names_end() -> None:
    deep = tuple("m" + ".0.x" * 2000 + f".{i}.weight" for i in range(50))
    assert len(infer_anatomy(deep, ()).places) == 50

"""The stacks of the zoo's members, and what stands after their layers, as read off transformers' own classes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Expected:
    """stacks: prefix and number of layers; the first is the main one unless `main` says no. late: modules after."""

    stacks: tuple[tuple[str, int], ...]
    late: tuple[str, ...]
    main: bool = True


def one(prefix: str, *late: str, layers: int = 3) -> Expected:
    return Expected(((prefix, layers),), late)


LLAMA = one("model.layers.", "lm_head", "model.norm")
TIED = one("model.layers.", "model.norm")
GPT = one("transformer.h.", "transformer.ln_f")
HEARING = ("encoder.layer_norm", "lm_head")
SIGHT = ("vision_tower.post_layernorm", "vision_tower.head")
TOWERS = (("text_model.encoder.layers.", 3), ("vision_model.encoder.layers.", 2))
LATE_TOWERS = ("text_model.final_layer_norm", "vision_model.post_layernorm", "logit_scale")

EXPECTED = {
    **dict.fromkeys(("llama", "mistral", "qwen2", "qwen3", "olmo2", "granite", "stablelm", "glm4", "phi3"), LLAMA),
    **dict.fromkeys(("mixtral", "qwen2-moe", "qwen3-moe", "deepseek-v2", "deepseek-v3", "gpt-oss"), LLAMA),
    "granite-moe": LLAMA,
    **dict.fromkeys(("gemma2", "gemma3-text", "cohere", "starcoder2", "smollm3"), TIED),
    "phi": one("model.layers.", "lm_head", "model.final_layernorm"),
    **dict.fromkeys(("gpt2", "bloom", "falcon"), GPT),
    "gptj": one("transformer.h.", "transformer.ln_f", "lm_head"),
    "gpt-neox": one("gpt_neox.layers.", "gpt_neox.final_layer_norm", "embed_out"),
    "opt": one("model.decoder.layers.", "model.decoder.final_layer_norm", "model.decoder.project_out"),
    "mpt": one("transformer.blocks.", "transformer.norm_f"),
    "mamba": one("backbone.layers.", "backbone.norm_f"),
    "mamba2": one("backbone.layers.", "backbone.norm_f", "lm_head"),
    "jamba": one("model.layers.", "model.final_layernorm", "lm_head", layers=4),
    "bamba": one("model.layers.", "model.final_layernorm", "lm_head"),
    "zamba2": one("model.layers.", "model.final_layernorm"),
    "rwkv": one("rwkv.blocks.", "rwkv.ln_out", "head"),
    "qwen3-next": one("model.layers.", "model.norm", "lm_head", layers=4),
    "lfm2": one("model.layers.", "model.embedding_norm"),
    "bert": one("bert.encoder.layer.", "cls"),
    "roberta": one("roberta.encoder.layer.", "lm_head"),
    "distilbert": one("distilbert.transformer.layer.", "vocab_layer_norm", "vocab_projector", "vocab_transform"),
    "albert": one("albert.encoder.albert_layer_groups.", "predictions", layers=1),
    "electra": one("electra.encoder.layer.", "generator_lm_head", "generator_predictions"),
    "deberta-v2": one("deberta.encoder.layer.", "cls"),
    "modernbert": one("model.layers.", "model.final_norm", "head", "decoder"),
    **dict.fromkeys(
        ("t5", "mt5"),
        Expected(
            (("decoder.block.", 3), ("encoder.block.", 2)),
            ("decoder.final_layer_norm", "encoder.final_layer_norm", "lm_head"),
            main=False,
        ),
    ),
    "bart": Expected(
        (("model.decoder.layers.", 3), ("model.encoder.layers.", 2)), ("final_logits_bias", "lm_head"), main=False
    ),
    "whisper": Expected(
        (("model.decoder.layers.", 3), ("model.encoder.layers.", 2)),
        ("model.decoder.layer_norm", "model.encoder.layer_norm"),
        main=False,
    ),
    "vit": one("vit.encoder.layer.", "vit.layernorm", "classifier", layers=2),
    "dinov2": one("encoder.layer.", "layernorm", layers=2),
    "clip": Expected(TOWERS, (*LATE_TOWERS, "text_projection", "visual_projection")),
    "siglip": Expected(TOWERS, (*LATE_TOWERS, "logit_bias", "text_model.head", "vision_model.head")),
    "wav2vec2": one("wav2vec2.encoder.layers.", "wav2vec2.encoder.layer_norm", "lm_head", layers=2),
    "hubert": one("hubert.encoder.layers.", "hubert.encoder.layer_norm", "lm_head", layers=2),
    "llava": Expected(
        (("language_model.model.layers.", 3), ("vision_tower.encoder.layers.", 3)),
        ("language_model.lm_head", "language_model.model.norm", *SIGHT),
    ),
    **dict.fromkeys(
        ("gemma3", "paligemma"),
        Expected(
            (("language_model.model.layers.", 3), ("vision_tower.encoder.layers.", 2)),
            ("language_model.model.norm", *SIGHT),
        ),
    ),
    **dict.fromkeys(
        ("qwen2-vl", "qwen2.5-vl"),
        Expected((("model.layers.", 3), ("visual.blocks.", 2)), ("lm_head", "model.norm")),
    ),
    "qwen3-vl": Expected(
        (("model.language_model.layers.", 3), ("model.visual.blocks.", 2)), ("lm_head", "model.language_model.norm")
    ),
    "idefics3": Expected(
        (("model.text_model.layers.", 3), ("model.vision_model.encoder.layers.", 2)),
        ("lm_head", "model.text_model.norm", "model.vision_model.post_layernorm"),
    ),
}

"""The zoo's members: name to model type, auto class and config arguments. Small, two to four layers each."""

from __future__ import annotations

from typing import Any

LM = "AutoModelForCausalLM"
BASE = "AutoModel"
MASKED = "AutoModelForMaskedLM"
SEQ2SEQ = "AutoModelForSeq2SeqLM"
VISION_LM = "AutoModelForImageTextToText"

TINY: dict[str, Any] = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
GQA = TINY | {"num_key_value_heads": 2}
HEADS = GQA | {"head_dim": 8}
GPT: dict[str, Any] = {"vocab_size": 64, "n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 64}
EXPERTS = GQA | {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
LATENT = TINY | {
    "num_key_value_heads": 4,
    "q_lora_rank": 8,
    "kv_lora_rank": 8,
    "qk_rope_head_dim": 4,
    "qk_nope_head_dim": 4,
    "v_head_dim": 8,
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "n_group": 1,
    "topk_group": 1,
    "moe_intermediate_size": 16,
    "first_k_dense_replace": 1,
}
T5: dict[str, Any] = {"vocab_size": 64, "d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4}
PAIR: dict[str, Any] = {
    "vocab_size": 64,
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 3,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
SSM = {"mamba_d_state": 8, "mamba_d_conv": 4, "mamba_expand": 2}
EYE: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 32,
    "patch_size": 16,
}
QWEN_EYE: dict[str, Any] = {"depth": 2, "embed_dim": 32, "hidden_size": 32, "num_heads": 4, "patch_size": 4}
QWEN_TEXT = GQA | {"rope_parameters": {"rope_type": "default", "mrope_section": [2, 1, 1], "rope_theta": 10000.0}}
EAR: dict[str, Any] = {
    "vocab_size": 32,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "conv_dim": [16, 16],
    "conv_kernel": [4, 4],
    "conv_stride": [2, 2],
    "num_feat_extract_layers": 2,
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 2,
}

Member = tuple[str, str, dict[str, Any]]

DECODERS: dict[str, Member] = {
    "llama": ("llama", LM, GQA),
    "mistral": ("mistral", LM, GQA),
    "qwen2": ("qwen2", LM, GQA),
    "qwen3": ("qwen3", LM, HEADS),
    "gemma2": ("gemma2", LM, HEADS),
    "gemma3-text": ("gemma3_text", LM, HEADS),
    "phi": ("phi", LM, TINY),
    "phi3": ("phi3", LM, GQA),
    "olmo2": ("olmo2", LM, GQA),
    "cohere": ("cohere", LM, GQA),
    "granite": ("granite", LM, GQA),
    "starcoder2": ("starcoder2", LM, GQA),
    "stablelm": ("stablelm", LM, GQA),
    "glm4": ("glm4", LM, HEADS),
    "smollm3": ("smollm3", LM, GQA),
    "gpt2": ("gpt2", LM, GPT),
    "gptj": ("gptj", LM, GPT | {"rotary_dim": 4}),
    "gpt-neox": ("gpt_neox", LM, TINY),
    "opt": ("opt", LM, TINY | {"ffn_dim": 48, "word_embed_proj_dim": 16}),
    "bloom": ("bloom", LM, {"vocab_size": 64, "hidden_size": 32, "n_layer": 3, "n_head": 4}),
    "falcon": ("falcon", LM, TINY),
    "mpt": ("mpt", LM, {"vocab_size": 64, "d_model": 32, "n_layers": 3, "n_heads": 4, "max_seq_len": 64}),
}
MIXTURES: dict[str, Member] = {
    "mixtral": ("mixtral", LM, GQA | {"num_local_experts": 4}),
    "qwen2-moe": ("qwen2_moe", LM, EXPERTS | {"shared_expert_intermediate_size": 16}),
    "qwen3-moe": ("qwen3_moe", LM, EXPERTS | {"head_dim": 8, "mlp_only_layers": [1]}),
    "deepseek-v2": ("deepseek_v2", LM, LATENT),
    "deepseek-v3": ("deepseek_v3", LM, LATENT),
    "gpt-oss": ("gpt_oss", LM, HEADS | {"num_local_experts": 4}),
    "granite-moe": ("granitemoe", LM, GQA | {"num_local_experts": 4}),
}
HYBRIDS: dict[str, Member] = {
    "mamba": ("mamba", LM, {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 3, "state_size": 8}),
    "mamba2": (
        "mamba2",
        LM,
        {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 3, "num_heads": 8, "head_dim": 8, "n_groups": 1},
    ),
    "jamba": (
        "jamba",
        LM,
        GQA | SSM | {"num_hidden_layers": 4, "attn_layer_period": 2, "attn_layer_offset": 1, "num_experts": 2},
    ),
    "bamba": (
        "bamba",
        LM,
        GQA | SSM | {"mamba_n_heads": 8, "mamba_d_head": 8, "mamba_n_groups": 1, "attn_layer_indices": [1]},
    ),
    "zamba2": (
        "zamba2",
        LM,
        TINY
        | SSM
        | {
            "num_key_value_heads": 4,
            "n_mamba_heads": 8,
            "mamba_ngroups": 1,
            "num_mem_blocks": 1,
            "layers_block_type": ["linear_attention", "hybrid", "linear_attention"],
        },
    ),
    "rwkv": ("rwkv", LM, {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 3, "attention_hidden_size": 32}),
    "qwen3-next": (
        "qwen3_next",
        LM,
        EXPERTS
        | {"head_dim": 8, "shared_expert_intermediate_size": 16, "num_hidden_layers": 4}
        | {
            "linear_num_key_heads": 2,
            "linear_num_value_heads": 2,
            "linear_key_head_dim": 8,
            "linear_value_head_dim": 8,
        },
    ),
    "lfm2": ("lfm2", LM, GQA | {"layer_types": ["conv", "full_attention", "conv"]}),
}
ENCODERS: dict[str, Member] = {
    "bert": ("bert", MASKED, TINY),
    "roberta": ("roberta", MASKED, TINY),
    "distilbert": ("distilbert", MASKED, {"vocab_size": 64, "dim": 32, "hidden_dim": 48, "n_layers": 3, "n_heads": 4}),
    "albert": ("albert", MASKED, TINY | {"embedding_size": 16}),
    "electra": ("electra", MASKED, TINY | {"embedding_size": 16}),
    "deberta-v2": ("deberta-v2", MASKED, TINY | {"relative_attention": True, "position_buckets": 8}),
    "modernbert": ("modernbert", MASKED, TINY | {"cls_token_id": 1, "sep_token_id": 2}),
}
PAIRS: dict[str, Member] = {
    "t5": ("t5", SEQ2SEQ, T5 | {"num_decoder_layers": 3}),
    "mt5": ("mt5", SEQ2SEQ, T5 | {"num_decoder_layers": 3, "feed_forward_proj": "gated-gelu"}),
    "bart": ("bart", SEQ2SEQ, PAIR),
    "whisper": (
        "whisper",
        "AutoModelForSpeechSeq2Seq",
        PAIR | {"num_mel_bins": 8, "max_source_positions": 32, "max_target_positions": 32},
    ),
}
SENSES: dict[str, Member] = {
    "vit": ("vit", "AutoModelForImageClassification", EYE),
    "dinov2": ("dinov2", BASE, EYE),
    "clip": ("clip", BASE, {"text_config": TINY, "vision_config": EYE, "projection_dim": 16}),
    "siglip": ("siglip", BASE, {"text_config": TINY, "vision_config": EYE}),
    "wav2vec2": ("wav2vec2", "AutoModelForCTC", EAR),
    "hubert": ("hubert", "AutoModelForCTC", EAR),
    "llava": (
        "llava",
        VISION_LM,
        {
            "text_config": GQA | {"model_type": "llama"},
            "vision_config": EYE | {"model_type": "clip_vision_model", "num_hidden_layers": 3},
        },
    ),
    "qwen2-vl": ("qwen2_vl", VISION_LM, {"text_config": QWEN_TEXT, "vision_config": QWEN_EYE}),
    "qwen2.5-vl": (
        "qwen2_5_vl",
        VISION_LM,
        {"text_config": QWEN_TEXT, "vision_config": QWEN_EYE | {"out_hidden_size": 32, "intermediate_size": 48}},
    ),
    "qwen3-vl": (
        "qwen3_vl",
        VISION_LM,
        {
            "text_config": QWEN_TEXT | {"head_dim": 8},
            "vision_config": QWEN_EYE
            | {"out_hidden_size": 32, "intermediate_size": 48, "deepstack_visual_indexes": [0, 1, 1]},
        },
    ),
    "gemma3": ("gemma3", VISION_LM, {"text_config": HEADS, "vision_config": EYE, "mm_tokens_per_image": 4}),
    "paligemma": (
        "paligemma",
        VISION_LM,
        {
            "text_config": HEADS | {"model_type": "gemma"},
            "vision_config": EYE | {"model_type": "siglip_vision_model", "projection_dim": 32},
            "projection_dim": 32,
        },
    ),
    "idefics3": (
        "idefics3",
        VISION_LM,
        {"text_config": GQA | {"model_type": "llama"}, "vision_config": EYE, "scale_factor": 2},
    ),
}
MEMBERS: dict[str, Member] = DECODERS | MIXTURES | HYBRIDS | ENCODERS | PAIRS | SENSES

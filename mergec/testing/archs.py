"""The architectures of stand-in checkpoints, with the configs of the public models."""

from __future__ import annotations

from mergec.core.dtype import DType
from mergec.core.suggest import did_you_mean
from mergec.diagnostics import Code, Diagnostic, RecipeError
from mergec.testing.shapes import Arch


def find_arch(name: str) -> Arch:
    """The architecture called `name`. Raises RecipeError."""
    for arch in ARCHS:
        if arch.name == name:
            return arch
    names = [arch.name for arch in ARCHS]
    help = did_you_mean(name, names, f"known are {', '.join(names)}")
    raise RecipeError((Diagnostic(Code.UNKNOWN_NAME, f"no demo architecture is called `{name}`", help=help),))


def _llama(
    hidden: int, mlp: int, layers: int, heads: tuple[int, int], vocabulary: int, **rest: object
) -> dict[str, object]:
    """A config.json of the llama family; `heads` are query and key-value heads."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "hidden_act": "silu",
        "hidden_size": hidden,
        "initializer_range": 0.02,
        "intermediate_size": mlp,
        "max_position_embeddings": 2048,
        "model_type": "llama",
        "num_attention_heads": heads[0],
        "num_hidden_layers": layers,
        "num_key_value_heads": heads[1],
        "pretraining_tp": 1,
        "rms_norm_eps": 1e-05,
        "rope_scaling": None,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.42.3",
        "use_cache": True,
        "vocab_size": vocabulary,
        **rest,
    }


TINY_LLAMA = Arch(
    name="tiny-llama",
    config=_llama(64, 160, 6, (4, 2), 512, max_position_embeddings=256),
    base_id="mergec-demo/tiny-llama",
    tuned_id="mergec-demo/tiny-llama-chat",
)

SMOLLM_135M = Arch(
    name="smollm-135m",
    config=_llama(576, 1536, 30, (9, 3), 49152, bos_token_id=0, eos_token_id=0, tie_word_embeddings=True),
    tuned_config={"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2},
    base_id="HuggingFaceTB/SmolLM-135M",
    tuned_id="HuggingFaceTB/SmolLM-135M-Instruct",
    specials=(("<|endoftext|>", 0), ("<|im_start|>", 1), ("<|im_end|>", 2)),
)

TINYLLAMA_1_1B = Arch(
    name="tinyllama-1.1b",
    config=_llama(2048, 5632, 22, (32, 4), 32000),
    base_id="TinyLlama/TinyLlama-1.1B-step-50K-105b",
    tuned_id="TinyLlama/TinyLlama-1.1B-Chat-v1.0",
)

QWEN2_5_0_5B = Arch(
    name="qwen2.5-0.5b",
    config={
        "architectures": ["Qwen2ForCausalLM"],
        "attention_dropout": 0.0,
        "bos_token_id": 151643,
        "eos_token_id": 151643,
        "hidden_act": "silu",
        "hidden_size": 896,
        "initializer_range": 0.02,
        "intermediate_size": 4864,
        "max_position_embeddings": 32768,
        "max_window_layers": 24,
        "model_type": "qwen2",
        "num_attention_heads": 14,
        "num_hidden_layers": 24,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-06,
        "rope_theta": 1000000.0,
        "sliding_window": 32768,
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.40.1",
        "use_cache": True,
        "use_mrope": False,
        "use_sliding_window": False,
        "vocab_size": 151936,
    },
    tuned_config={"eos_token_id": 151645, "max_window_layers": 21},
    base_id="Qwen/Qwen2.5-0.5B",
    tuned_id="Qwen/Qwen2.5-0.5B-Instruct",
    specials=(("<|endoftext|>", 151643), ("<|im_start|>", 151644), ("<|im_end|>", 151645)),
)

LLAMA_2_7B = Arch(
    name="llama-2-7b",
    config=_llama(4096, 11008, 32, (32, 32), 32000, max_position_embeddings=4096, torch_dtype="float16"),
    base_id="meta-llama/Llama-2-7b-chat-hf",
    tuned_id="meta-llama/Llama-2-7b-chat-hf",
    dtype=DType.F16,
    shard_bytes=10_000_000_000,
    license="llama2",
)

GEMMA_2_2B = Arch(
    name="gemma-2-2b",
    config={
        "architectures": ["Gemma2ForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "attn_logit_softcapping": 50.0,
        "bos_token_id": 2,
        "cache_implementation": "hybrid",
        "eos_token_id": 1,
        "final_logit_softcapping": 30.0,
        "head_dim": 256,
        "hidden_act": "gelu_pytorch_tanh",
        "hidden_activation": "gelu_pytorch_tanh",
        "hidden_size": 2304,
        "initializer_range": 0.02,
        "intermediate_size": 9216,
        "max_position_embeddings": 8192,
        "model_type": "gemma2",
        "num_attention_heads": 8,
        "num_hidden_layers": 26,
        "num_key_value_heads": 4,
        "pad_token_id": 0,
        "query_pre_attn_scalar": 256,
        "rms_norm_eps": 1e-06,
        "rope_theta": 10000.0,
        "sliding_window": 4096,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.42.4",
        "use_cache": True,
        "vocab_size": 256000,
    },
    base_id="Lil-R/2_PRYMMAL-ECE-2B-SLERP-V2",
    tuned_id="Lil-R/2_PRYMMAL-ECE-2B-SLERP-V1",
    license="gemma",
    specials=(("<pad>", 0), ("<eos>", 1), ("<bos>", 2), ("<unk>", 3)),
)

LLAMA_3_1_405B = Arch(
    name="llama-3.1-405b",
    config=_llama(
        *(16384, 53248, 126, (128, 8), 128256),
        bos_token_id=128000,
        eos_token_id=128001,
        max_position_embeddings=131072,
        rope_scaling={
            "factor": 8.0,
            "high_freq_factor": 4.0,
            "low_freq_factor": 1.0,
            "original_max_position_embeddings": 8192,
            "rope_type": "llama3",
        },
        rope_theta=500000.0,
    ),
    base_id="meta-llama/Llama-3.1-405B",
    tuned_id="meta-llama/Llama-3.1-405B-Instruct",
    shard_bytes=4_500_000_000,
    license="llama3.1",
    specials=(("<|begin_of_text|>", 128000), ("<|end_of_text|>", 128001)),
)

ARCHS = (TINY_LLAMA, SMOLLM_135M, TINYLLAMA_1_1B, QWEN2_5_0_5B, LLAMA_2_7B, GEMMA_2_2B, LLAMA_3_1_405B)

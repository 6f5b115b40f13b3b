"""The recipes that ship with mergec become the trees they should."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.trees import read, written

RECIPES = Path(__file__).parents[3] / "recipes"
CURVES = '{t = 0.5; t["mlp"] = gradient(1, 0.5, 0.7, 0.3, 0); t["self_attn"] = gradient(0, 0.5, 0.3, 0.7, 1)}'
V1, V2 = "m_2_PRYMMAL_ECE_2B_SLERP_V1", "m_2_PRYMMAL_ECE_2B_SLERP_V2"
TREES = {
    "smollm-slerp": """
model SmolLM_135M = "HuggingFaceTB/SmolLM-135M"
model SmolLM_135M_Instruct = "HuggingFaceTB/SmolLM-135M-Instruct"
merge merged = slerp(SmolLM_135M[0..30], SmolLM_135M_Instruct[0..30], base? = SmolLM_135M) {t = 0.6}
output merged {dtype = float16; donor = SmolLM_135M}""",
    "tinyllama-hybrid": f"""
model TinyLlama_1_1B_step_50K_105b = "TinyLlama/TinyLlama-1.1B-step-50K-105b"
model TinyLlama_1_1B_Chat_v1_0 = "TinyLlama/TinyLlama-1.1B-Chat-v1.0"
merge merged = slerp(TinyLlama_1_1B_step_50K_105b[0..22], TinyLlama_1_1B_Chat_v1_0[0..22], \
base? = TinyLlama_1_1B_step_50K_105b) {CURVES}
output merged {{dtype = bfloat16; donor = TinyLlama_1_1B_step_50K_105b}}""",
    "qwen2.5-slerp": """
model Qwen2_5_0_5B = "Qwen/Qwen2.5-0.5B"
model Qwen2_5_0_5B_Instruct = "Qwen/Qwen2.5-0.5B-Instruct"
merge merged = slerp(Qwen2_5_0_5B, Qwen2_5_0_5B_Instruct, base? = Qwen2_5_0_5B_Instruct) \
{t = gradient(0, 0.5, 1, 0.5, 0)}
output merged {dtype = bfloat16; donor = Qwen2_5_0_5B_Instruct}""",
    "llama2-self-slerp": f"""
model Llama_2_7b_chat_hf = "meta-llama/Llama-2-7b-chat-hf"
merge merged = slerp(Llama_2_7b_chat_hf[0..32], Llama_2_7b_chat_hf[0..32], base? = Llama_2_7b_chat_hf) {CURVES}
output merged {{dtype = float16; donor = Llama_2_7b_chat_hf}}""",
    "gemma2-slerp": f"""
model {V1} = "Lil-R/2_PRYMMAL-ECE-2B-SLERP-V1"
model {V2} = "Lil-R/2_PRYMMAL-ECE-2B-SLERP-V2"
merge merged = slerp({V1}, {V2}, base? = {V2}) {{t = gradient(0, 0.5, 1, 0.5, 0)}}
output merged {{dtype = bfloat16; donor = {V2}}}""",
}


@pytest.mark.parametrize("name", sorted(TREES))
def test_tree(name: str) -> None:
    document, report = read((RECIPES / f"{name}.yaml").read_text(encoding="utf-8"), f"{name}.yaml")
    assert not report.diagnostics
    assert written(document) == TREES[name].lstrip()


@pytest.mark.parametrize("name", sorted(TREES))
def test_each_has_a_twin_and_says_what_it_makes(name: str) -> None:
    for suffix in (".yaml", ".merge"):
        assert (RECIPES / f"{name}{suffix}").read_text(encoding="utf-8").startswith("# ")

"""Recipes for the methods that look at deltas element by element."""

from __future__ import annotations

from tests.parity.case import Case

TASK = """
models:
  - model: {a}
  - model: {b}
    parameters:
      weight:
        - {filter: self_attn, value: [0.2, 1.1]}
        - {filter: lm_head, value: -0.4}
        - {value: 0.6}
      density:
        - {filter: mlp, value: [0.1, 0.9]}
        - {filter: norm, value: 0.003}
        - {value: 0.4}
  - model: {d}
    parameters: {weight: 0.5, density: 0.7}
  - model: {e}
    parameters: {weight: 0.3}
merge_method: METHOD
base_model: {a}
parameters:
  lambda: 0.8
  int8_mask: true
"""

CRUMBS = "  gamma: [{filter: mlp, value: 0.2}, {filter: q_proj, value: 0}, {value: 0.01}]\n"

PLAIN = """
models:
  - model: {a}
  - model: {b}
  - model: {d}
  - model: {e}
merge_method: METHOD
base_model: {a}
parameters:
"""

PAIR = """
models:
  - model: {a}
  - model: {b}
merge_method: METHOD
base_model: {a}
parameters:
"""

IN_FLOAT32 = "dtype: float32\nout_dtype: bfloat16\n"

RECIPES = {
    ("ties", "models"): TASK,
    ("ties", "models, rescale"): TASK + "  rescale: true\n  normalize: false\n",
    ("breadcrumbs", "models"): TASK + CRUMBS,
    ("breadcrumbs", "models, rescale, normalize"): TASK + CRUMBS + "  rescale: true\n  normalize: true\n",
    ("breadcrumbs_ties", "models"): TASK + CRUMBS,
    ("sce", "models"): PLAIN + "  select_topk: 1.0\n",
    ("sce", "models, select_topk"): PLAIN + "  select_topk: [{filter: mlp, value: [0.1, 0.6]}, {value: 0.3}]\n",
    ("ram", "models"): PLAIN + "  epsilon: 0.002\n",
    ("ramplus_tl", "models"): PLAIN + "  epsilon: 0.002\n  r: 0.4\n  alpha: [0.1, 3]\n",
    ("nearswap", "models"): PAIR
    + "  t: [{filter: mlp, value: [0, 0.01]}, {filter: norm, value: -1}, {value: 3.0e-7}]\n",
    ("arcee_fusion", "models"): PAIR + "  t: 0\n",
}


IN_BFLOAT16 = (("ties", "models"), ("sce", "models, select_topk"), ("ramplus_tl", "models"), ("arcee_fusion", "models"))

IN_BOTH = (
    ("ties", "models"),
    ("breadcrumbs_ties", "models"),
    ("sce", "models, select_topk"),
    ("arcee_fusion", "models"),
)


def _cases() -> list[Case]:
    texts = {key: text.replace("METHOD", key[0]).replace("parameters:\n  t: 0\n", "") for key, text in RECIPES.items()}
    return [
        *(Case(*key, ("F32",) * 5, text) for key, text in texts.items()),
        *(Case(*key, ("BF16",) * 5, texts[key]) for key in IN_BFLOAT16),
        *(Case(key[0], f"{key[1]}, dtype float32", ("BF16",) * 5, texts[key] + IN_FLOAT32) for key in IN_BOTH),
    ]


DELTA_CASES = _cases()
"""In float32, and in bfloat16 both as it is and with mergekit told to compute in float32."""

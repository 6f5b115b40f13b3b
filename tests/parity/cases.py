"""Recipes that mergekit and mergec are to make the same thing of."""

from __future__ import annotations

from tests.parity.blend_cases import BLEND_CASES
from tests.parity.case import Case

SLERP_MODELS = """
models:
  - model: {a}
  - model: {b}
merge_method: slerp
base_model: {a}
parameters:
  t:
    - filter: self_attn
      value: [0, 0.5, 0.3, 0.7, 1]
    - filter: mlp
      value: [1, 0.5, 0.7, 0.3, 0]
    - filter: layers.1
      value: 0.9
    - filter: norm
      value: [0.2, 0.6]
    - filter: lm_head
      value: 1.3
    - value: 0.45
"""

SLERP_SLICES = """
slices:
  - sources:
      - {model: {b}, layer_range: [0, 3]}
      - {model: {a}, layer_range: [0, 3]}
    parameters:
      t:
        - {filter: mlp, value: [0.1, 0.9]}
        - {filter: q_proj, value: 1.3}
  - sources:
      - {model: {a}, layer_range: [3, 4]}
      - {model: {b}, layer_range: [5, 6]}
    parameters:
      t: [0, 0.25, 0.8]
  - sources:
      - {model: {a}, layer_range: [2, 6]}
      - {model: {b}, layer_range: [2, 6]}
    parameters:
      t: [1, 0.5, 0, -0.2]
  - sources:
      - {model: {a}, layer_range: [0, 1]}
      - {model: {b}, layer_range: [0, 1]}
merge_method: slerp
base_model: {a}
parameters:
  t:
    - filter: self_attn
      value: [0.3, 1]
    - value: 0.4
"""

LINEAR_MODELS = """
models:
  - model: {a}
    parameters:
      weight:
        - {filter: self_attn, value: [0.2, 0.8]}
        - {filter: lm_head, value: 1.0}
        - {filter: embed, value: 0.25}
  - model: {b}
    parameters:
      weight: [0.1, 0.6, 0.9]
  - model: {c}
merge_method: linear
base_model: {a}
parameters:
  weight:
    - {filter: mlp, value: 0.7}
    - {value: 0.3}
"""

LINEAR_SLICES = """
slices:
  - sources:
      - {model: {a}, layer_range: [0, 4], parameters: {weight: 0.8}}
      - {model: {b}, layer_range: [2, 6], parameters: {weight: [{filter: mlp, value: [0.4, -0.2]}, {value: 0.3}]}}
    parameters:
      normalize: false
  - sources:
      - {model: {a}, layer_range: [4, 5]}
      - {model: {b}, layer_range: [4, 5], parameters: {weight: [0.1, 0.9]}}
    parameters:
      weight: 0.35
  - sources:
      - {model: {b}, layer_range: [3, 6], parameters: {weight: [0.5, 1.5]}}
      - {model: {c}, layer_range: [3, 6]}
merge_method: linear
base_model: {a}
parameters:
  weight: [0.2, 0.7]
  normalize: true
"""

FRANKENMERGE = """
slices:
  - sources:
      - model: {a}
        layer_range: [0, 4]
        parameters:
          scale:
            - {filter: o_proj, value: 0.55}
            - {filter: down_proj, value: [1.0, 0.3]}
            - {filter: embed, value: 1.1}
  - sources:
      - {model: {b}, layer_range: [2, 6]}
    parameters:
      scale:
        - {filter: v_proj, value: 1.7}
        - {filter: layers.5, value: -0.6}
  - sources:
      - {model: {a}, layer_range: [5, 6], parameters: {scale: 0.9}}
merge_method: passthrough
base_model: {a}
parameters:
  scale:
    - {filter: k_proj, value: 0.1}
"""

CASES = (
    Case("slerp", "models", ("BF16", "BF16"), SLERP_MODELS),
    Case("slerp", "models", ("F16", "F16"), SLERP_MODELS),
    Case("slerp", "models, dtype bfloat16", ("BF16", "BF16"), SLERP_MODELS + "dtype: bfloat16\n"),
    Case("slerp", "models", ("F32", "F32"), SLERP_MODELS),
    Case("slerp", "models, out_dtype bfloat16", ("BF16", "F16"), SLERP_MODELS + "out_dtype: bfloat16\n"),
    Case("slerp", "models, out_dtype float16", ("F32", "BF16"), SLERP_MODELS + "out_dtype: float16\n"),
    Case("slerp", "slices", ("BF16", "BF16"), SLERP_SLICES),
    Case("slerp", "slices", ("BF16", "F16"), SLERP_SLICES),
    Case("slerp", "slices, dtype float32", ("F16", "F16"), SLERP_SLICES + "dtype: float32\nout_dtype: float16\n"),
    Case("linear", "models", ("BF16", "BF16", "BF16"), LINEAR_MODELS),
    Case("linear", "models", ("F32", "F32", "F32"), LINEAR_MODELS),
    Case("linear", "models, out_dtype float16", ("F16", "BF16", "F32"), LINEAR_MODELS + "out_dtype: float16\n"),
    Case("linear", "slices", ("F16", "F16", "F16"), LINEAR_SLICES),
    Case("linear", "slices", ("F64", "F64", "F64"), LINEAR_SLICES),
    Case("passthrough", "slices", ("BF16", "BF16"), FRANKENMERGE),
    Case("passthrough", "slices", ("F32", "F16"), FRANKENMERGE),
    Case("passthrough", "slices, out_dtype bfloat16", ("F32", "F32"), FRANKENMERGE + "out_dtype: bfloat16\n"),
    *BLEND_CASES,
)
"""What is known to come out otherwise has tests of its own."""

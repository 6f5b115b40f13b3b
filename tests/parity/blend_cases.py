"""Recipes for the blends of differences and the means on the sphere, every parameter in some form."""

from __future__ import annotations

from tests.parity.case import Case

TASK_MODELS = """
models:
  - model: {a}
  - model: {b}
    parameters:
      weight:
        - {filter: self_attn, value: [0.2, 1.1]}
        - {filter: lm_head, value: -0.4}
        - {value: 0.6}
  - model: {d}
    parameters:
      weight: 0.5
      density: 0.3
merge_method: task_arithmetic
base_model: {a}
parameters:
  lambda: 0.8
  int8_mask: true
"""

TASK_SLICES = """
slices:
  - sources:
      - {model: {b}, layer_range: [0, 4], parameters: {weight: [0.8, 0.2]}}
      - {model: {a}, layer_range: [0, 4]}
      - {model: {d}, layer_range: [0, 4], parameters: {weight: 0.7}}
    parameters:
      normalize: true
  - sources:
      - {model: {a}, layer_range: [4, 6]}
      - {model: {b}, layer_range: [4, 6]}
    parameters:
      lambda: 1.3
merge_method: task_arithmetic
base_model: {a}
parameters:
  weight: 0.35
  rescale: true
"""

NUSLERP_MODELS = """
models:
  - model: {c}
    parameters:
      weight: [0.2, 0.9]
  - model: {b}
    parameters:
      weight:
        - {filter: mlp, value: 0.3}
        - {filter: lm_head, value: 0}
        - {value: 1.2}
merge_method: nuslerp
"""

NUSLERP_DELTAS = """
models:
  - model: {b}
    parameters: {weight: [0.1, 0.6, 0.9]}
  - model: {d}
    parameters: {weight: 0.4}
merge_method: nuslerp
base_model: {a}
"""

BY_ROW = "parameters:\n  nuslerp_flatten: false\n"
BY_COLUMN = f"{BY_ROW}  nuslerp_row_wise: true\n"

MULTISLERP_MODELS = """
models:
  - model: {a}
    parameters: {weight: [0.5, 1.0]}
  - model: {b}
    parameters:
      weight:
        - {filter: mlp, value: 0.3}
        - {value: 0.8}
  - model: {c}
    parameters: {weight: 0.4}
merge_method: multislerp
"""

MULTISLERP_DELTAS = """
models:
  - model: {b}
    parameters: {weight: [0.5, 1.0]}
  - model: {c}
    parameters: {weight: 0.2}
  - model: {d}
    parameters: {weight: 0.3}
merge_method: multislerp
base_model: {a}
parameters:
  normalize_weights: false
  eps: 1.0e-9
"""

KARCHER_MODELS = """
models:
  - model: {b}
  - model: {c}
  - model: {d}
merge_method: karcher
base_model: {a}
parameters:
  max_iter: 30
  tol: 1.0e-9
"""

KARCHER_SLICES = """
slices:
  - sources:
      - {model: {a}, layer_range: [4, 5]}
      - {model: {b}, layer_range: [0, 1]}
      - {model: {d}, layer_range: [3, 4]}
  - sources:
      - {model: {a}, layer_range: [0, 4]}
      - {model: {c}, layer_range: [2, 6]}
merge_method: karcher
"""

STOCK_MODELS = """
models:
  - model: {b}
  - model: {d}
merge_method: model_stock
base_model: {a}
"""

STOCK_SLICES = """
slices:
  - sources:
      - {model: {a}, layer_range: [0, 6]}
      - {model: {b}, layer_range: [0, 6]}
      - {model: {d}, layer_range: [0, 6]}
      - {model: {e}, layer_range: [0, 6]}
merge_method: model_stock
base_model: {a}
"""

FILTER_WISE = "parameters:\n  filter_wise: true\n"

F32, BF16, F16 = (("F32",) * 5, ("BF16",) * 5, ("F16",) * 5)

BLEND_CASES = (
    Case("task_arithmetic", "models", F32, TASK_MODELS),
    Case("task_arithmetic", "models", BF16, TASK_MODELS),
    Case("task_arithmetic", "slices, normalize", F32, TASK_SLICES),
    Case("task_arithmetic", "slices, normalize", F16, TASK_SLICES),
    Case("nuslerp", "models", F32, NUSLERP_MODELS),
    Case("nuslerp", "models", BF16, NUSLERP_MODELS),
    Case("nuslerp", "rows", F32, NUSLERP_MODELS + BY_ROW),
    Case("nuslerp", "rows", F16, NUSLERP_MODELS + BY_ROW),
    Case("nuslerp", "columns", F32, NUSLERP_MODELS + BY_COLUMN),
    Case("nuslerp", "base", F32, NUSLERP_DELTAS),
    Case("nuslerp", "base", F16, NUSLERP_DELTAS),
    Case("nuslerp", "base, rows", F32, NUSLERP_DELTAS + BY_ROW),
    Case("nuslerp", "base, columns", F32, NUSLERP_DELTAS + BY_COLUMN),
    Case("nuslerp", "base, columns", BF16, NUSLERP_DELTAS + BY_COLUMN),
    Case("multislerp", "models", F32, MULTISLERP_MODELS),
    Case("multislerp", "models", F16, MULTISLERP_MODELS),
    Case("multislerp", "base, weights as they are", F32, MULTISLERP_DELTAS),
    Case("multislerp", "base, weights as they are", BF16, MULTISLERP_DELTAS),
    Case("karcher", "models, base listed nowhere", F32, KARCHER_MODELS),
    Case("karcher", "models, base listed nowhere", BF16, KARCHER_MODELS),
    Case("karcher", "slices", F32, KARCHER_SLICES),
    Case("karcher", "slices", F16, KARCHER_SLICES),
    Case("model_stock", "models", F32, STOCK_MODELS),
    Case("model_stock", "models", F16, STOCK_MODELS),
    Case("model_stock", "slices", BF16, STOCK_SLICES),
    Case("model_stock", "models, filter_wise", F32, STOCK_MODELS + FILTER_WISE),
    Case("model_stock", "slices, filter_wise", F32, STOCK_SLICES + FILTER_WISE),
    Case("model_stock", "slices, filter_wise", F16, STOCK_SLICES + FILTER_WISE),
)

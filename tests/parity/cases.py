"""Recipes that mergekit and mergec are to make the same thing of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mergec.testing.archs import TINY_LLAMA
from mergec.testing.shapes import tensors
from tests.support.merges import write_model
from tests.support.numbers import Array, store

ARCH = replace(
    TINY_LLAMA, config={**TINY_LLAMA.config, "hidden_size": 128, "intermediate_size": 192, "vocab_size": 256}
)
"""A Llama of six layers whose smallest tensors, the norms, have 128 elements."""


@dataclass(frozen=True)
class Case:
    """A recipe over models `a`, `b` and `c`, whose types are given in this order; `{a}` stands for the path of `a`."""

    method: str
    form: str
    types: tuple[str, ...]
    recipe: str

    @property
    def name(self) -> str:
        return f"{self.method}, {self.form}, {'+'.join(self.types)}"


def write_models(folder: Path, types: tuple[str, ...]) -> None:
    """Tiny Llamas: `b` is a fine-tune of `a`, `c` has nothing to do with them."""
    rng = np.random.default_rng(23)
    first = {name: _draw(rng, name, kind.shape) for name, kind in tensors(ARCH)}
    second = {name: values + 0.2 * np.std(values) * rng.normal(size=values.shape) for name, values in first.items()}
    third = {name: _draw(rng, name, values.shape) for name, values in first.items()}
    for name, values, code in zip("abc", (first, second, third), types, strict=False):
        write_model(folder / name, {n: store(v, code) for n, v in values.items()}, config_of(code))


def _draw(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> Array:
    mean, spread = (1.0, 0.1) if "norm" in name else (0.0, 0.02)
    return rng.normal(mean, spread, shape)


def config_of(code: str) -> Mapping[str, object]:
    names = {"BF16": "bfloat16", "F16": "float16", "F32": "float32", "F64": "float64"}
    return {**ARCH.config, "torch_dtype": names[code]}


def written(folder: Path, case: Case) -> Path:
    """The case's recipe and models in `folder`; the path of the recipe."""
    write_models(folder, case.types)
    recipe = folder / "recipe.yaml"
    text = case.recipe
    for name in "abc":
        text = text.replace(f"{{{name}}}", str(folder / name))
    recipe.write_text(text)
    return recipe


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
)
"""What is known to come out otherwise has tests of its own."""

"""The recipe of a demo, in the merge language and in mergekit's YAML; both mean the same."""

from __future__ import annotations

from mergec.core.dtype import DType

MARK = "# Written by `mergec demo`"
"""How the first line of a demo's recipe starts; a directory is known as a demo by it."""

_MERGE = """\
{mark}. Attention goes to the fine-tune and back with depth, the MLPs the other way.
# Try:  mergec explain recipe.merge        mergec build recipe.merge out

model base  = "{base}"
model tuned = "{tuned}"

merge blend = slerp(base, tuned) {{
  t                = 0.5
  t["*self_attn*"] = curve(0, 0.5, 1, 0.5, 0)
  t["*mlp*"]       = curve(1, 0.5, 0, 0.5, 1)
}}

output blend {{ dtype = {dtype} }}
"""

_YAML = """\
{mark}. Attention goes to the fine-tune and back with depth, the MLPs the other way.
# Try:  mergec explain recipe.yaml        mergec build recipe.yaml out

models:
  - model: {base}
  - model: {tuned}
merge_method: slerp
base_model: {base}
parameters:
  t:
    - filter: self_attn
      value: [0, 0.5, 1, 0.5, 0]
    - filter: mlp
      value: [1, 0.5, 0, 0.5, 1]
    - value: 0.5
dtype: {dtype}
"""


def merge_recipe(base: str, tuned: str, dtype: DType) -> str:
    """The text of `recipe.merge` for two model references."""
    return _MERGE.format(mark=MARK, base=base, tuned=tuned, dtype=dtype.torch_name)


def yaml_recipe(base: str, tuned: str, dtype: DType) -> str:
    """The text of `recipe.yaml` for two model references."""
    return _YAML.format(mark=MARK, base=base, tuned=tuned, dtype=dtype.torch_name)

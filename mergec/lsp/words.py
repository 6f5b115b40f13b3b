"""What the words of the merge language mean, in a sentence each."""

from __future__ import annotations

from typing import Final

from mergec.recipe.values import FUNCTIONS

STATEMENT_DOCS: Final = {
    "model": 'A checkpoint: a directory or a Hub id. `model base = "org/name"`, `"org/name@revision"`, `"./directory"`',
    "param": "A number that `--set NAME=VALUE` changes. `param share = 0.6 in 0..1`",
    "let": "A value, or a function of numbers. `let ramp(x) = smoothstep(x) * share`",
    "merge": "A merge of models. `merge hybrid = slerp(base, chat) { t = 0.5 }`",
    "output": "The merge to build, and how to write it. `output hybrid { dtype = bfloat16 }`",
    "requires": 'A plugin that must be installed. `requires "mergec-foo >= 1.2"`',
    "include": 'The names that another file defines. `include "definitions.merge"`',
}
SETTING_DOCS: Final = {
    "dtype": "The element type of the output: `bfloat16`, `float16`, `float32` or `float64`.",
    "donor": "The model that config.json and the tokenizer are taken from.",
    "drop": 'Tensors that are left out of the output, as a glob. `drop = "*.rotary_emb.inv_freq"`',
    "tokenizer": "The model that the tokenizer is taken from, if not the donor.",
    "chat_template": "The model that the chat template is taken from, or a template as a text.",
    "shard_size": 'The largest weight file. `shard_size = "5GB"`',
    "title": "The title of the model card.",
    "license": 'The license that the model card names. `license = "apache-2.0"`',
    "language": 'A language that the model card names. `language = "en"`',
    "tag": "A tag of the model card.",
}
ROLE_DOCS: Final = {
    "attention": "Everything in an attention module.",
    "mlp": "Everything in a feed-forward module.",
    "norm": "Weights and biases of normalisations.",
    "bias": "Biases.",
    "embedding": "The token and position embeddings.",
    "head": "The output head.",
    "expert": "The experts of a mixture.",
    "router": "The gate that chooses among experts.",
    "q": "Query projections.",
    "k": "Key projections.",
    "v": "Value projections.",
    "o": "Output projections of attention.",
    "gate": "Gate projections of a feed-forward module.",
    "up": "Up projections of a feed-forward module.",
    "down": "Down projections of a feed-forward module.",
    "buffer": "Values that a model computes again when it loads.",
}
SELECTOR_DOCS: Final = {
    "layers": "`layers[0..4]`: layers 0 to 3; negative numbers count from the end.",
    "rank": "`rank(1)`: tensors of so many dimensions.",
}
PLACE_DOCS: Final = {
    "depth": "0 at the first layer of the merge, 1 at the last; 0 before the layers, 1 after them.",
    "layer": "The index of the layer, from 0.",
    "layers": "How many layers the merge has.",
    "pi": "3.14159…",
    "e": "2.71828…",
}
SIGNATURES: Final = {
    "sin": ("x", "The sine of an angle in radians."),
    "cos": ("x", "The cosine of an angle in radians."),
    "exp": ("x", "e to the power of x."),
    "log": ("x", "The natural logarithm."),
    "sqrt": ("x", "The square root."),
    "abs": ("x", "The absolute value."),
    "min": ("x, …", "The smallest of its arguments."),
    "max": ("x, …", "The largest of its arguments."),
    "clamp": ("x, low, high", "x, or the bound that it is beyond."),
    "step": ("edge, x", "0 below the edge, 1 from it on."),
    "smoothstep": ("x", "Eases 0..1 into 0..1; 0 below, 1 above."),
    "curve": ("v0, v1, …", "Piecewise linear over depth: v0 at the first layer, the last value at the last."),
}
METHOD_RULE_DOC: Final = "Chooses another method for some tensors. `method[rank(1)] = lerp`"
STACK: Final = ("stack", "part, …", "Layers of several parts, one after the other. `stack(a[0..8], b[4..16])`")


def function_names() -> tuple[str, ...]:
    """Functions of numbers that a recipe can call."""
    return (*(name for name in FUNCTIONS if name.isidentifier() and name != "negate"), "curve")


def signature(function: str) -> tuple[str, str]:
    """The arguments of a function of numbers and what it does; of one that is new, how many it takes."""
    if function in SIGNATURES:
        return SIGNATURES[function]
    known = FUNCTIONS[function]
    names = ["x", "y", "z", *(f"x{i}" for i in range(4, known.least + 1))][: known.least]
    return ", ".join([*names, "…"] if known.most != known.least else names), ""

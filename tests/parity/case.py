"""A recipe over tiny models, and those models."""

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
    """A recipe over models `a` to `e`, whose types are given in this order; `{a}` stands for the path of `a`."""

    method: str
    form: str
    types: tuple[str, ...]
    recipe: str

    @property
    def kinds(self) -> str:
        """The types, or the one that all five models have."""
        return self.types[0] if len(self.types) == 5 and len(set(self.types)) == 1 else " + ".join(self.types)

    @property
    def name(self) -> str:
        return f"{self.method}, {self.form}, {self.kinds.replace(' ', '')}"


def write_models(folder: Path, types: tuple[str, ...]) -> None:
    """Tiny Llamas: `b` is a fine-tune of `a`, `c` has nothing to do with them; `d` and `e` are fine-tunes near `b`."""
    rng = np.random.default_rng(23)
    first = {name: _draw(rng, name, kind.shape) for name, kind in tensors(ARCH)}
    second = {name: _tuned(rng, values) for name, values in first.items()}
    third = {name: _draw(rng, name, values.shape) for name, values in first.items()}
    near = [{name: _tuned(rng, values, second[name]) for name, values in first.items()} for _ in range(2)]
    for name, values, code in zip("abcde", (first, second, third, *near), types, strict=False):
        write_model(folder / name, {n: store(v, code) for n, v in values.items()}, config_of(code))


def _draw(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> Array:
    mean, spread = (1.0, 0.1) if "norm" in name else (0.0, 0.02)
    return rng.normal(mean, spread, shape)


def _tuned(rng: np.random.Generator, values: Array, toward: Array | None = None) -> Array:
    """A fine-tune of a tensor, halfway toward another one if that is given."""
    changed = values if toward is None else (values + toward) / 2.0
    return changed + 0.2 * float(np.std(values)) * rng.normal(size=values.shape)


def config_of(code: str) -> Mapping[str, object]:
    names = {"BF16": "bfloat16", "F16": "float16", "F32": "float32", "F64": "float64"}
    return {**ARCH.config, "torch_dtype": names[code]}


def written(folder: Path, case: Case) -> Path:
    """The case's recipe and models in `folder`; the path of the recipe."""
    write_models(folder, case.types)
    recipe = folder / "recipe.yaml"
    text = case.recipe
    for name in "abcde":
        text = text.replace(f"{{{name}}}", str(folder / name))
    recipe.write_text(text)
    return recipe

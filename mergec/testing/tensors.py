"""Checkpoints of tensors made in a test: small models that are fine-tunes of one base, written, read and compared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from math import prod
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mergec.checkpoint import lay_out
from mergec.core.dtype import BY_CODE, DType
from mergec.core.tensor import TensorEntry, TensorType

Array = NDArray[np.float64]

BASE = "base"
FINE_TUNES = ("a", "b", "c", "d", "e")

_TYPES = {getattr(torch, d.torch_name): d for d in BY_CODE.values() if d.is_float}
_DRIFT = 0.4
"""Size of what a fine-tune changes, relative to the base: half of it common to all, so that deltas agree in part."""


@lru_cache(maxsize=4)
def draw(shapes: tuple[tuple[str, tuple[int, ...]], ...]) -> Mapping[str, Mapping[str, Array]]:
    """The values of a base and of five fine-tunes of it, by model and tensor; the same in every call."""
    rng = np.random.default_rng(2111)
    models: dict[str, dict[str, Array]] = {name: {} for name in (BASE, *FINE_TUNES)}
    for name, shape in shapes:
        base, common = (np.asarray(rng.standard_normal(shape)) for _ in range(2))
        models[BASE][name] = base
        for model in FINE_TUNES:
            models[model][name] = base + _DRIFT * (0.5 * common + np.asarray(rng.standard_normal(shape)))
    return models


def store(values: Array, dtype: DType) -> Tensor:
    """The tensor nearest to the values."""
    return torch.from_numpy(np.ascontiguousarray(values)).to(getattr(torch, dtype.torch_name))


def load(tensor: Tensor) -> Array:
    """The numbers that a tensor holds, exact."""
    return np.asarray(tensor.to(torch.float64).numpy())


def content(tensor: Tensor) -> bytes:
    """The bytes of a tensor as a file has them."""
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def write_tensors(folder: Path, tensors: Mapping[str, Tensor], layers: int) -> None:
    """A checkpoint that mergec reads, of one weight file and a config.json without sizes."""
    folder.mkdir(parents=True, exist_ok=True)
    named = tuple((name, TensorType(_TYPES[t.dtype], tuple(t.shape))) for name, t in tensors.items())
    (shard,) = lay_out(named, sum(t.nbytes for t in tensors.values()) + 1)
    with open(folder / shard.file, "wb") as file:
        file.write(shard.header)
        for entry in shard.entries:
            file.write(content(tensors[entry.name]))
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": layers}
    folder.joinpath("config.json").write_text(json.dumps(config), encoding="utf-8")


def read_tensors(folder: Path, entries: Iterable[TensorEntry]) -> Iterator[tuple[str, Tensor]]:
    """Tensors of weight files in a folder, by name."""
    for entry in entries:
        kind = getattr(torch, entry.type.dtype.torch_name)
        with open(folder / entry.file, "rb") as file:
            file.seek(entry.offset)
            data = bytearray(file.read(entry.type.nbytes))
        empty = torch.empty(entry.type.shape, dtype=kind)
        yield entry.name, torch.frombuffer(data, dtype=kind).reshape(entry.type.shape) if data else empty


def far_off(got: Tensor, wanted: Array, tolerance: float) -> int:
    """How many elements are further from the wanted value than rounding to the tensor's type and the tolerance allow.

    A value that is not a number is, and so is one that is finite where the other is not.
    """
    kind = torch.finfo(got.dtype)
    _, exponents = np.frexp(np.maximum(np.abs(wanted), kind.smallest_normal))
    last_place = np.ldexp(kind.eps, exponents - 1)
    return int(prod(wanted.shape) - (np.abs(load(got) - wanted) <= 0.5 * last_place + tolerance).sum())

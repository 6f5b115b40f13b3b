"""What a slerp of two of the zoo's members must give: depths from the table of anatomy, values in float64."""

from __future__ import annotations

import re
from itertools import pairwise
from math import acos, sin
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.zoo_anatomy import EXPECTED

if TYPE_CHECKING:
    import numpy as np


def depth(member: str, tensor: str, *, yaml: bool) -> float:
    """Where a curve over the whole model is read for a tensor.

    In mergekit's YAML a curve begins anew after the layers, and is at its end in a stack of one layer.
    """
    expected = EXPECTED[member]
    alone, late = (1.0, 0.0) if yaml else (0.0, 1.0)
    for prefix, layers in expected.stacks:
        found = re.match(re.escape(prefix) + r"(\d+)\.", tensor)
        if found and int(found[1]) < layers:
            return int(found[1]) / (layers - 1) if layers > 1 else alone
    after = any(tensor == module or tensor.startswith(f"{module}.") for module in expected.late)
    return late if after else 0.0


def stacks_read(member: str, tensors: tuple[str, ...]) -> frozenset[str]:
    """The prefixes of the stacks that some of the tensors belong to."""
    prefixes = (prefix for prefix, _ in EXPECTED[member].stacks)
    return frozenset(p for p in prefixes if any(t.startswith(p) for t in tensors))


def curve(points: tuple[float, ...], at: float) -> float:
    """The piecewise linear curve through evenly spaced points, at 0 to 1."""
    position = at * (len(points) - 1)
    for i, (low, high) in enumerate(pairwise(points)):
        if position <= i + 1:
            return low + (position - i) * (high - low)
    return points[-1]


def slerp(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    """Shoemake's formula over whole tensors; along the chord where they are nearly colinear."""
    import numpy as np

    one, other = a.astype(np.float64).ravel(), b.astype(np.float64).ravel()
    lengths = np.linalg.norm(one), np.linalg.norm(other)
    cosine = 0.0 if min(lengths) <= 1e-8 else float(one @ other) / float(lengths[0] * lengths[1])
    if abs(cosine) > 0.9995:
        weights = 1 - t, t
    else:
        angle_rad = acos(cosine)
        weights = sin((1 - t) * angle_rad) / sin(angle_rad), sin(t * angle_rad) / sin(angle_rad)
    result: np.ndarray = (weights[0] * one + weights[1] * other).reshape(a.shape)
    return result


def read_tensors(folder: Path) -> dict[str, np.ndarray]:
    """All tensors of the weight files in a folder; float16 and float32 only, for numpy has no bfloat16."""
    from safetensors.numpy import load_file

    return {name: array for file in sorted(folder.glob("*.safetensors")) for name, array in load_file(file).items()}

"""Where mergekit's blends fail, explode or lose a tensor, and mergec's do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.parity.blend_cases import MULTISLERP_DELTAS, NUSLERP_MODELS, STOCK_MODELS
from tests.parity.case import Case, config_of, written
from tests.support.blend_references import norm
from tests.support.mergekit import MISSING, MergekitFailed, find_mergekit, run_mergekit
from tests.support.merges import merge, read_model, write_model
from tests.support.numbers import Array, Stored, store

pytestmark = pytest.mark.skipif(find_mergekit() is None, reason=MISSING)

UP, DOWN, GATE = (f"model.layers.0.mlp.{name}_proj.weight" for name in ("up", "down", "gate"))

Change = Callable[[Array], Array]


class Pair:
    """A recipe in a folder, with some tensors of its models replaced by functions of the base's."""

    def __init__(self, folder: Path, recipe: str, changes: Mapping[str, Mapping[str, Change]]) -> None:
        self.folder = folder
        self.recipe = written(folder, Case("", "", ("F32",) * 5, recipe))
        self.base = read_model(folder / "a")
        for model, tensors in changes.items():
            changed = {name: store(change(self.base[name].values), "F32") for name, change in tensors.items()}
            stored = read_model(folder / model) | changed
            (folder / model / "model.safetensors").unlink()
            write_model(folder / model, stored, config_of("F32"))

    def ours(self) -> dict[str, Stored]:
        return merge(self.folder, self.recipe.read_text(), tongue="yaml")

    def theirs(self) -> dict[str, Stored]:
        return run_mergekit(self.recipe, self.folder / "theirs")

    def values(self, model: str, name: str) -> Array:
        return read_model(self.folder / model)[name].values


def distance(one: Stored, other: Stored) -> float:
    return norm(one.values - other.values)


def test_nuslerp_between_opposite_tensors_takes_the_chord(tmp_path: Path) -> None:
    """mergekit divides by the sine of 180°, or what float32 makes of it."""
    names = [f"model.layers.{i}.mlp.{kind}_proj.weight" for i in range(6) for kind in ("up", "gate", "down")]
    recipe = NUSLERP_MODELS.replace("{c}", "{a}") + "parameters: {weight: 0.5}\n"
    pair = Pair(tmp_path, recipe, {"b": dict.fromkeys(names, lambda a: -1.5 * a)})
    ours, theirs = pair.ours(), pair.theirs()
    largest = {name: float(np.abs(pair.base[name].values).max()) for name in names}
    assert any(np.abs(theirs[name].values).max() > 10 * largest[name] for name in names)
    assert all(np.abs(ours[name].values).max() <= 1.5 * largest[name] for name in names)


def test_multislerp_leaves_a_tensor_that_nothing_changes(tmp_path: Path) -> None:
    """mergekit ends with an error: the differences have no direction."""
    pair = Pair(tmp_path, MULTISLERP_DELTAS, {model: {UP: lambda a: a} for model in "bcd"})
    assert pair.ours()[UP] == pair.base[UP]
    with pytest.raises(MergekitFailed):
        pair.theirs()


def test_karcher_averages_opposite_tensors_and_keeps_tiny_ones(tmp_path: Path) -> None:
    """Of two opposite tensors mergekit gives what rounding leaves of their sum; tensors shorter than `tol` it loses."""
    recipe = "models: [{model: {a}}, {model: {b}}]\nmerge_method: karcher\n"
    changes: dict[str, dict[str, Change]] = {
        "b": {UP: lambda a: -0.5 * a, DOWN: lambda a: 1e-9 * a},
        "a": {DOWN: lambda a: 1e-9 * a},
    }
    pair = Pair(tmp_path, recipe, changes)
    ours, theirs = pair.ours(), pair.theirs()
    assert ours[UP].values == pytest.approx(0.25 * pair.base[UP].values, rel=1e-6)
    assert distance(theirs[UP], ours[UP]) > 0.5 * norm(ours[UP].values)
    assert ours[DOWN].values == pytest.approx(1e-9 * pair.base[DOWN].values, rel=1e-6)
    assert not theirs[DOWN].values.any()


def test_model_stock_keeps_between_base_and_average(tmp_path: Path) -> None:
    """mergekit goes away from the average where differences are opposed, and takes tiny ones for none."""
    rng = np.random.default_rng(4)
    noise, other = rng.normal(0, 0.02, (2, 192, 128))
    changes: dict[str, dict[str, Change]] = {
        "b": {UP: lambda a: a + noise, GATE: lambda a: a + 1e-6 * noise},
        "d": {UP: lambda a: a - 0.5 * noise + 0.2 * other, GATE: lambda a: a + 1e-6 * noise},
    }
    pair = Pair(tmp_path, STOCK_MODELS, changes)
    ours, theirs = pair.ours(), pair.theirs()
    assert ours[UP] == pair.base[UP]
    assert ours[GATE].values == pytest.approx(pair.values("b", GATE), abs=1e-9)
    assert distance(theirs[GATE], pair.base[GATE]) < 0.2 * distance(ours[GATE], pair.base[GATE])
    assert distance(theirs[UP], pair.base[UP]) > norm(noise)

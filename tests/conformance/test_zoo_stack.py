"""Layers of the zoo's members stacked anew: the configuration follows, every layer is where it belongs, it loads."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.support.compiling import build_text, compile_text, problems
from tests.support.zoo import load_species, why_unusable, write_species
from tests.support.zoo_anatomy import EXPECTED
from tests.support.zoo_oracle import read_tensors, slerp

SHARED_WEIGHTS = ("albert", "zamba2")
"""Albert has one layer for all depths; zamba2's repeated block has an adapter for every place it is used in."""

STACKABLE = sorted(name for name, expected in EXPECTED.items() if expected.main and name not in SHARED_WEIGHTS)
YAML = """\
slices:
  - sources: [{{model: one, layer_range: [0, {most}]}}]
  - sources: [{{model: one, layer_range: [1, {all}]}}]
merge_method: passthrough
"""
MERGE = 'model one = "./one"\nmerge tall = stack(one[0..{most}], one[1..{all}])\noutput tall\n'
MERGED_SLICES = """\
slices:
  - sources:
      - {model: one, layer_range: [0, 3]}
      - {model: other, layer_range: [0, 3]}
  - sources:
      - {model: one, layer_range: [1, 3]}
      - {model: other, layer_range: [1, 3]}
merge_method: slerp
base_model: one
parameters:
  t: [0.2, 0.8]
"""


def write_member(name: str, folder: Path, *parts: str) -> None:
    reason = why_unusable(name)
    if reason:
        pytest.skip(reason)
    for seed, part in enumerate(parts):
        write_species(name, folder / part, seed)


def main_tensor(prefix: str, name: str) -> tuple[int, str] | None:
    """The layer and the rest of the name of a tensor in the stack with this prefix."""
    found = re.match(re.escape(prefix) + r"(\d+)\.(.*)", name)
    return (int(found[1]), found[2]) if found else None


def expected_names(prefix: str, names: set[str], layers: list[int]) -> dict[str, str]:
    """Output name to input name, when the main stack is made of `layers`."""
    placed = {name: main_tensor(prefix, name) for name in names}
    outside = {name: name for name, place in placed.items() if place is None}
    inside = {
        f"{prefix}{new}.{place[1]}": name
        for name, place in placed.items()
        for new, old in enumerate(layers)
        if place is not None and place[0] == old
    }
    return outside | inside


@pytest.mark.parametrize("name", STACKABLE)
def test_repeated_layers(name: str, tmp_path: Path) -> None:
    write_member(name, tmp_path, "one")
    prefix, count = EXPECTED[name].stacks[0]
    layers = [*range(count - 1), *range(1, count)]
    text = YAML.format(most=count - 1, all=count)
    out = build_text(tmp_path, text)
    made, given = read_tensors(out), read_tensors(tmp_path / "one")
    names = expected_names(prefix, set(given), layers)
    assert set(made) == set(names)
    for new, old in names.items():
        assert made[new].tobytes() == given[old].tobytes(), new
    config = load_species(name, out).config.get_text_config()
    donor = json.loads((tmp_path / "one" / "config.json").read_text())
    kinds = donor.get("text_config", donor).get("layer_types")
    if kinds:
        assert list(config.layer_types) == [kinds[layer] for layer in layers]
    language = compile_text(tmp_path, MERGE.format(most=count - 1, all=count), "merge")
    assert language.plan.digest == compile_text(tmp_path, text).plan.digest


@pytest.mark.parametrize("name", ["llama", "qwen3-moe", "gemma2", "llava", "gemma3"])
def test_merged_slices_read_their_curve_from_its_beginning(name: str, tmp_path: Path) -> None:
    write_member(name, tmp_path, "one", "other")
    out = build_text(tmp_path, MERGED_SLICES)
    one, other, made = (read_tensors(folder) for folder in (tmp_path / "one", tmp_path / "other", out))
    prefix = EXPECTED[name].stacks[0][0]
    t = [0.2, 0.5, 0.8, 0.2, 0.8]
    names = expected_names(prefix, set(one), [0, 1, 2, 1, 2])
    assert set(made) == set(names)
    for new, old in names.items():
        place = main_tensor(prefix, new)
        if place is not None:
            expected = slerp(one[old], other[old], t[place[0]])
            np.testing.assert_allclose(made[new], expected, rtol=2**-23, atol=1e-9, err_msg=new)
    load_species(name, out)


@pytest.mark.parametrize("name", ["t5", "mt5", "bart", "whisper"])
def test_layers_of_one_of_two_stacks_are_refused(name: str, tmp_path: Path) -> None:
    write_member(name, tmp_path, "one")
    for tongue, text in (("yaml", YAML), ("merge", MERGE)):
        found = problems(tmp_path, text.format(most=1, all=2), tongue)
        assert set(found) == {"ambiguous-layers: `one` has no one stack of layers that a range could count"}
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "cuts", "key"),
    [
        ("jamba", ((0, 2), (3, 4)), "attn_layer_period"),
        ("deepseek-v3", ((1, 2), (0, 3)), "first_k_dense_replace"),
        ("zamba2", ((0, 2), (1, 3)), "num_mem_blocks"),
    ],
)
def test_layers_whose_kinds_config_json_could_not_tell_are_refused(
    name: str, cuts: tuple[tuple[int, int], ...], key: str, tmp_path: Path
) -> None:
    write_member(name, tmp_path, "one")
    parts = ", ".join(f"one[{first}..{end}]" for first, end in cuts)
    text = f'model one = "./one"\nmerge odd = stack({parts})\noutput odd\n'
    (found,) = problems(tmp_path, text, "merge")
    assert found.startswith("bad-layer-range: ")
    assert key in found

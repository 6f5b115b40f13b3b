"""Slerp of every member of the zoo with a sibling: nothing is lost, curves follow the layers, the output loads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.compiling import build_text, compile_text, problems
from tests.support.zoo import all_species, load_species, why_unusable, write_species
from tests.support.zoo_anatomy import EXPECTED
from tests.support.zoo_oracle import curve, depth, read_tensors, slerp, stacks_read

POINTS = (0.0, 0.25, 0.5, 0.75, 1.0)
BENT = (0.1, 0.9, 0.2)
YAML = """\
models:
  - model: one
  - model: other
merge_method: slerp
base_model: one
parameters:
  t: {points}
"""
MERGE = """\
model one   = "./one"
model other = "./other"
merge both = slerp(one, other) {{ t = curve{points} }}
output both
"""
FEW = ("llama", "gpt2", "qwen3-moe", "mamba", "bert", "t5", "whisper", "clip", "llava", "qwen3-vl")
TWO_STACKS = ("t5", "mt5", "bart", "whisper")


def write_siblings(name: str, folder: Path) -> None:
    reason = why_unusable(name)
    if reason:
        pytest.skip(reason)
    write_species(name, folder / "one", seed=1)
    write_species(name, folder / "other", seed=2)


def assert_merged(name: str, folder: Path, points: tuple[float, ...], *, yaml: bool) -> None:
    """Every tensor of the output is what a float64 slerp gives at the depth of its layer."""
    one, other, out = (read_tensors(folder / part) for part in ("one", "other", "out"))
    assert set(out) == set(one)
    assert stacks_read(name, tuple(out)) == {prefix for prefix, _ in EXPECTED[name].stacks}
    for tensor, merged in out.items():
        assert merged.shape == one[tensor].shape, tensor
        assert merged.dtype == one[tensor].dtype, tensor
        if merged.dtype.kind != "f":
            np.testing.assert_array_equal(merged, one[tensor], tensor)
            continue
        expected = slerp(one[tensor], other[tensor], curve(points, depth(name, tensor, yaml=yaml)))
        np.testing.assert_allclose(merged, expected, rtol=2**-23, atol=1e-9, err_msg=tensor)


def test_at_least_thirty_model_types_take_part() -> None:
    usable = {kind.model_type for kind in all_species() if why_unusable(kind.name) is None}
    assert len(usable) >= 30


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_member_merges_with_its_sibling(name: str, tmp_path: Path) -> None:
    write_siblings(name, tmp_path)
    text = YAML.format(points=list(POINTS))
    compiled = compile_text(tmp_path, text)
    assert compiled.plan.dropped == ()
    build_text(tmp_path, text)
    assert_merged(name, tmp_path, POINTS, yaml=True)
    load_species(name, tmp_path / "out")


@pytest.mark.parametrize("name", FEW)
def test_the_merge_language_reads_curves_at_the_end_after_the_layers(name: str, tmp_path: Path) -> None:
    write_siblings(name, tmp_path)
    build_text(tmp_path, MERGE.format(points=BENT), "merge")
    assert_merged(name, tmp_path, BENT, yaml=False)
    load_species(name, tmp_path / "out")


@pytest.mark.parametrize("name", FEW)
def test_a_curve_that_says_nothing_gives_both_tongues_one_plan(name: str, tmp_path: Path) -> None:
    write_siblings(name, tmp_path)
    flat = (0.5, 0.5)
    yaml = compile_text(tmp_path, YAML.format(points=list(flat)))
    language = compile_text(tmp_path, MERGE.format(points=flat), "merge")
    assert yaml.plan.digest == language.plan.digest
    assert yaml.plan.digest != compile_text(tmp_path, YAML.format(points=[0.5, 0.6])).plan.digest


@pytest.mark.parametrize("name", TWO_STACKS)
def test_part_of_a_model_with_two_stacks_is_refused(name: str, tmp_path: Path) -> None:
    write_siblings(name, tmp_path)
    text = 'model one = "./one"\nmodel other = "./other"\nmerge both = slerp(one[0..2], other[0..2]) {{ t = 0.5 }}\n'
    found = problems(tmp_path, text.format() + "output both\n", "merge")
    assert len(found) == 2
    for which, message in zip(("one", "other"), found, strict=True):
        assert message == f"ambiguous-layers: `{which}` has no one stack of layers that a range could count"


@pytest.mark.parametrize(("name", "key"), [("t5", "num_decoder_layers"), ("whisper", "decoder_layers")])
def test_two_stacks_of_one_depth_take_a_range_of_all_layers(name: str, key: str, tmp_path: Path) -> None:
    write_species(name, tmp_path / "one", seed=1, **{key: 2})
    write_species(name, tmp_path / "other", seed=2, **{key: 2})
    text = 'model one = "./one"\nmodel other = "./other"\nmerge both = slerp(one{}, other{}) {{ t = curve(0, 1) }}\n'
    ranged, whole = (text.format(part, part) + "output both\n" for part in ("[0..2]", ""))
    compiled = compile_text(tmp_path, ranged, "merge")
    assert compiled.plan.digest == compile_text(tmp_path, whole, "merge").plan.digest
    assert compiled.plan.dropped == ()
    load_species(name, build_text(tmp_path, ranged, "merge"))

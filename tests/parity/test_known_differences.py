"""Where mergec deliberately makes something else of a recipe than mergekit does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from mergec.testing.archs import QWEN2_5_0_5B
from mergec.testing.shapes import Arch, tensors
from tests.parity.case import Case, config_of, write_models, written
from tests.parity.cases import SLERP_MODELS
from tests.parity.compare import references_of
from tests.support.mergekit import MISSING, MergekitFailed, find_mergekit, run_mergekit
from tests.support.merges import merge, read_model, write_model
from tests.support.numbers import Stored, store
from tests.support.references import slerp_weights, weighted

pytestmark = pytest.mark.skipif(find_mergekit() is None, reason=MISSING)


def both(folder: Path, case: Case) -> tuple[dict[str, Stored], dict[str, Stored]]:
    """What mergec and what mergekit makes of a case."""
    recipe = written(folder, case)
    return merge(folder, recipe.read_text(), tongue="yaml"), run_mergekit(recipe, folder / "theirs")


@pytest.mark.parametrize(("code", "dtype", "out"), [("F32", "bfloat16", "BF16"), ("BF16", "float16", "F16")])
def test_dtype_names_the_output_and_inputs_are_not_rounded_to_it(
    tmp_path: Path, code: str, dtype: str, out: str
) -> None:
    """mergekit rounds every input to `dtype` first, and the result again; mergec rounds the result only."""
    case = Case("slerp", "models", (code, code), f"{SLERP_MODELS}dtype: {dtype}\n")
    ours, theirs = both(tmp_path, case)
    references = references_of(tmp_path, tmp_path / "recipe.yaml")
    a, b = read_model(tmp_path / "a"), read_model(tmp_path / "b")
    worse = 0
    for name, reference in references.items():
        assert ours[name].code == theirs[name].code == out
        off, theirs_off = (np.abs(tensors[name].values - reference.wanted) for tensors in (ours, theirs))
        assert off.max() <= theirs_off.max()
        worse += int((theirs_off > off).sum())
    assert worse > (1000 if code == "F32" else 0)
    name = "model.embed_tokens.weight"
    rounded = [store(model[name].values, out).values for model in (a, b)]
    theirs_explained = store(weighted(slerp_weights(rounded[0], rounded[1], 0.45), rounded), out)
    assert (theirs_explained.values == theirs[name].values).mean() > 0.99


LAST_SLICE = """
slices:
  - sources:
      - {model: {a}, layer_range: [0, 3], parameters: {weight: 1.0}}
  - sources:
      - {model: {a}, layer_range: [3, 6], parameters: {weight: 0.4}}
      - {model: {b}, layer_range: [3, 6], parameters: {weight: 0.6}}
merge_method: linear
base_model: {a}
"""


def test_the_head_is_merged_from_all_models_of_the_last_slice(tmp_path: Path) -> None:
    """mergekit takes as many models of the last slice as the first slice has, and loses the others silently."""
    ours, theirs = both(tmp_path, Case("linear", "slices", ("F32", "F32"), LAST_SLICE))
    a, b = read_model(tmp_path / "a"), read_model(tmp_path / "b")
    for name in ("model.norm.weight", "lm_head.weight"):
        wanted = 0.4 * a[name].values + 0.6 * b[name].values
        assert ours[name].values == pytest.approx(wanted, rel=1e-6, abs=1e-7)
        assert theirs[name].values == pytest.approx(a[name].values, rel=1e-6)
    assert ours.keys() == theirs.keys()


QWEN_CONFIG: Mapping[str, object] = {
    **QWEN2_5_0_5B.config,
    "hidden_size": 64,
    "intermediate_size": 160,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_hidden_layers": 4,
    "max_window_layers": 4,
    "vocab_size": 512,
    "layer_types": ["full_attention"] * 4,
}

TALLER = """
slices:
  - sources: [{model: {a}, layer_range: [0, 3]}]
  - sources: [{model: {a}, layer_range: [1, 4]}]
merge_method: passthrough
base_model: {a}
dtype: bfloat16
"""


def test_a_config_with_layer_types_gets_as_many_as_it_has_layers(tmp_path: Path) -> None:
    """mergekit fails on its own output's config, after all weights were written."""
    arch = Arch("tiny-qwen2", QWEN_CONFIG, "a", "a")
    rng = np.random.default_rng(3)
    model = {name: store(rng.normal(0, 0.02, kind.shape), "BF16") for name, kind in tensors(arch)}
    write_model(tmp_path / "a", model, QWEN_CONFIG)
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(TALLER.replace("{a}", str(tmp_path / "a")))
    ours = merge(tmp_path, recipe.read_text(), tongue="yaml")
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["num_hidden_layers"] == 6
    assert config["layer_types"] == ["full_attention"] * 6
    assert ours["model.layers.5.mlp.up_proj.weight"] == model["model.layers.3.mlp.up_proj.weight"]
    with pytest.raises(MergekitFailed, match="layer_types"):
        run_mergekit(recipe, tmp_path / "theirs")


def test_a_head_of_its_own_is_not_tied_in_the_config(tmp_path: Path) -> None:
    """mergekit writes the merged head and leaves `tie_word_embeddings` true, so that loaders ignore it."""
    write_models(tmp_path, ("F32", "F32"))
    a = read_model(tmp_path / "a")
    a.pop("lm_head.weight")
    (tmp_path / "a" / "model.safetensors").unlink()
    write_model(tmp_path / "a", a, {**config_of("F32"), "tie_word_embeddings": True})
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(SLERP_MODELS.replace("{a}", str(tmp_path / "a")).replace("{b}", str(tmp_path / "b")))
    ours = merge(tmp_path, recipe.read_text(), tongue="yaml")
    theirs = run_mergekit(recipe, tmp_path / "theirs")
    assert ours["lm_head.weight"].values == pytest.approx(theirs["lm_head.weight"].values, rel=1e-4, abs=1e-6)
    assert json.loads((tmp_path / "out" / "config.json").read_text())["tie_word_embeddings"] is False
    assert json.loads((tmp_path / "theirs" / "config.json").read_text())["tie_word_embeddings"] is True

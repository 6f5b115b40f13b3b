"""Stacked models load in transformers with the configuration that was repaired for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mergec.checkpoint import infer_anatomy
from mergec.core.anatomy import Position
from mergec.sidecar import ConfigChanges, layer_counts, lost_patterns, parse_config, repair_config
from tests.support.zoo import species, why_unusable, write_species

STACKED = {
    "llama": (0, 1, 1, 2),
    "qwen2": (0, 1, 0, 2),
    "qwen3": (2, 1, 0),
    "gemma2": (0, 1, 1, 2),
    "gemma3-text": (0, 0, 0, 1, 1, 1, 2, 2, 2),
    "gemma3": (0, 2),
    "qwen2-vl": (0, 1, 1, 2),
    "gpt2": (0, 1, 1, 2),
    "qwen3-moe": (1, 1, 0, 2),
    "deepseek-v2": (0, 1, 2, 1, 2),
    "gpt-oss": (0, 1, 1, 2),
    "bamba": (0, 1, 1, 2),
    "zamba2": (0, 2, 1, 2),
    "lfm2": (1, 0, 2, 1),
    "smollm3": (0, 1, 2, 1, 2),
    "qwen3-next": (3, 0, 3),
    "jamba": (0, 1, 2, 3, 2, 3),
    "modernbert": (0, 1, 1, 2),
}


def write_stacked(source: Path, folder: Path, layers: tuple[int, ...]) -> None:
    """The model in `source` with the layers of its main stack in another order."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(source / "model.safetensors")
    config = parse_config((source / "config.json").read_bytes())
    counts = layer_counts(config)
    anatomy = infer_anatomy(tuple(tensors), counts)
    assert anatomy.main is not None
    stacked = {}
    for name, place in anatomy.places:
        if place.position is Position.LAYER and place.stack == anatomy.main.prefix:
            new = [f"{place.stack}{i}.{place.suffix}" for i, layer in enumerate(layers) if layer == place.layer]
        else:
            new = [name]
        stacked.update({n: tensors[name].clone() for n in new})
    changes = ConfigChanges(layers=layers, layer_keys=counts[0].keys)
    assert lost_patterns(config, changes) == ()
    save_file(stacked, folder / "model.safetensors", {"format": "pt"})
    (folder / "config.json").write_text(repair_config(config, changes))


@pytest.mark.parametrize("name", sorted(STACKED))
def test_a_stacked_model_loads_whole(name: str, tmp_path: Path) -> None:
    reason = why_unusable(name)
    if reason:
        pytest.skip(reason)
    import transformers

    source, folder = tmp_path / "source", tmp_path / "stacked"
    folder.mkdir()
    write_stacked(write_species(name, source), folder, STACKED[name])
    auto = getattr(transformers, species(name).auto)
    model, info = auto.from_pretrained(folder, output_loading_info=True)
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    assert not info["mismatched_keys"]
    donor = transformers.AutoConfig.from_pretrained(source).get_text_config()
    stacked = model.config.get_text_config()
    assert stacked.num_hidden_layers == len(STACKED[name])
    if getattr(donor, "layer_types", None):
        assert list(stacked.layer_types) == [donor.layer_types[layer] for layer in STACKED[name]]


@pytest.mark.parametrize(
    ("kind", "dropped", "extra"),
    [
        ("gemma2", ("layer_types",), {}),
        ("gemma3_text", ("layer_types",), {}),
        ("gemma3_text", ("layer_types",), {"sliding_window_pattern": 3}),
        ("cohere2", ("layer_types",), {}),
        ("olmo3", ("layer_types",), {}),
        ("gpt_oss", ("layer_types",), {}),
        ("modernbert", ("layer_types",), {}),
        ("qwen3_next", ("layer_types",), {}),
        ("smollm3", ("no_rope_layers", "layer_types"), {}),
        ("qwen2", ("layer_types",), {"use_sliding_window": True, "max_window_layers": 3, "sliding_window": 8}),
        ("qwen2", ("layer_types",), {"use_sliding_window": False, "max_window_layers": 3}),
    ],
)
def test_layers_keep_the_kind_that_their_family_made_up_for_them(
    kind: str, dropped: tuple[str, ...], extra: dict[str, object], tmp_path: Path
) -> None:
    """Configurations from before `layer_types` was written leave it to the family's rule, which counts positions."""
    import json

    transformers = pytest.importorskip("transformers")
    if kind not in transformers.CONFIG_MAPPING:
        pytest.skip(f"transformers has no {kind}")
    transformers.AutoConfig.for_model(kind, num_hidden_layers=8, **extra).save_pretrained(tmp_path)
    file = tmp_path / "config.json"
    data = {key: value for key, value in json.loads(file.read_text()).items() if key not in dropped} | extra
    file.write_text(json.dumps(data))
    donor = transformers.AutoConfig.from_pretrained(tmp_path)
    layers = (0, 1, 2, 3, 2, 3, 4, 5, 5, 6, 7)
    changes = ConfigChanges(layers=layers, layer_keys=("num_hidden_layers",))
    file.write_text(repair_config(parse_config(file.read_bytes()), changes))
    stacked = transformers.AutoConfig.from_pretrained(tmp_path)
    assert stacked.layer_types == [donor.layer_types[layer] for layer in layers]
    if "no_rope_layers" in dropped:
        assert stacked.no_rope_layers == [donor.no_rope_layers[layer] for layer in layers]

"""Merging tensors made in a test: write checkpoints, run a recipe, read the output."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mergec.diagnostics import Report, Source
from mergec.driver import Request, build, compile_recipe
from mergec.hooks import Plugins
from tests.support.numbers import Stored
from tests.support.tensor_files import with_header

CONFIG = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": 1}


def write_model(folder: Path, tensors: Mapping[str, Stored], config: Mapping[str, object] | None = None) -> Path:
    """A checkpoint of the given tensors."""
    folder.mkdir(parents=True, exist_ok=True)
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    position = 0
    for name, tensor in tensors.items():
        end = position + len(tensor.data)
        header[name] = {"dtype": tensor.code, "shape": tensor.shape, "data_offsets": [position, end]}
        position = end
    data = b"".join(tensor.data for tensor in tensors.values())
    folder.joinpath("model.safetensors").write_bytes(with_header(json.dumps(header).encode(), data))
    folder.joinpath("config.json").write_text(json.dumps(config or CONFIG))
    return folder


def read_model(folder: Path) -> dict[str, Stored]:
    """All tensors of a checkpoint, in the order of its files."""
    found: dict[str, Stored] = {}
    for path in sorted(folder.glob("*.safetensors")):
        content = path.read_bytes()
        start = 8 + int.from_bytes(content[:8], "little")
        header = json.loads(content[8:start])
        header.pop("__metadata__", None)
        for name, entry in header.items():
            first, end = entry["data_offsets"]
            found[name] = Stored(entry["dtype"], tuple(entry["shape"]), content[start + first : start + end])
    return found


def merge(
    folder: Path,
    recipe: str,
    request: Request | None = None,
    plugins: Plugins | None = None,
    output: str = "out",
    tongue: str = "merge",
    processes: bool = False,
) -> dict[str, Stored]:
    """What a recipe makes of the models in `folder`."""
    compiled = compile_recipe(
        Source(str(folder / f"recipe.{tongue}"), recipe),
        replace(request or Request(workers=1), directory=str(folder)),
        Report(),
        plugins,
    )
    build(compiled, str(folder / output), force=True, sync=False, progress=lambda _: None, processes=processes)
    return read_model(folder / output)

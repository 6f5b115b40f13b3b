"""Tiny checkpoints of many architectures, made with transformers from configs, seeded."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.zoo_members import MEMBERS


@dataclass(frozen=True, slots=True)
class Species:
    """A kind of model: transformers' `model_type`, the auto class that builds it, and the config's arguments."""

    name: str
    model_type: str
    auto: str
    config: dict[str, Any]


def all_species() -> tuple[Species, ...]:
    return tuple(Species(name, *entry) for name, entry in MEMBERS.items())


def species(name: str) -> Species:
    return Species(name, *MEMBERS[name])


@cache
def why_unusable(name: str) -> str | None:
    """None if the installed transformers can build the species, else what it lacks."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import transformers

    kind = species(name)
    if not hasattr(transformers, kind.auto):
        return f"transformers {transformers.__version__} has no {kind.auto}"
    if kind.model_type not in transformers.CONFIG_MAPPING:
        return f"transformers {transformers.__version__} has no model type {kind.model_type}"
    return None


def write_species(name: str, folder: Path, seed: int = 0, **changes: Any) -> Path:
    """Save a checkpoint with random weights in `folder`; another seed gives a sibling with other weights.

    changes: of the config's arguments.
    """
    import torch
    import transformers

    kind = species(name)
    config = transformers.AutoConfig.for_model(kind.model_type, **kind.config | changes)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = getattr(transformers, kind.auto).from_config(config)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn(parameter.shape), alpha=0.05)
    transformers.logging.disable_progress_bar()
    model.save_pretrained(folder)
    return folder


def read_names(folder: Path) -> tuple[str, ...]:
    """Names of all tensors, in the order of the files' headers."""
    names: list[str] = []
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as stream:
            header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        names.extend(name for name in header if name != "__metadata__")
    return tuple(names)


def load_species(name: str, folder: Path) -> Any:
    """The model in `folder`, which must hold every parameter of its class, in the right shape, and nothing else."""
    import transformers

    model, info = getattr(transformers, species(name).auto).from_pretrained(folder, output_loading_info=True)
    assert not any(info.values()), info
    return model

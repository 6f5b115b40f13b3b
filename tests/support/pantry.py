"""The stand-ins that the cookbook's recipes are made of: tiny checkpoints with random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mergec.testing.archs import TINY_LLAMA
from mergec.testing.write import write_checkpoint
from tests.support.zoo import write_species

TUNED = ("chat", "code", "math", "language", "newbase", "dpo", "toxic", "rl1", "rl2", "step1", "step2", "step3")
"""Fine-tunes of `base`."""

DEEP = replace(
    TINY_LLAMA,
    name="deep",
    config={**TINY_LLAMA.config, "num_hidden_layers": 32, "hidden_size": 32, "intermediate_size": 64},
)
"""As deep as a model of 7 billion parameters."""


def stock(folder: Path) -> None:
    """Write all of them, each in a directory by its name."""
    write_checkpoint(str(folder / "base"), TINY_LLAMA, seed=0)
    for i, name in enumerate(TUNED, 1):
        write_checkpoint(str(folder / name), TINY_LLAMA, seed=i, tuned_from=0)
    write_checkpoint(str(folder / "deep"), DEEP, seed=0)
    for seed, name in enumerate(("vlm", "vlm-chat")):
        write_species("llava", folder / name, seed)

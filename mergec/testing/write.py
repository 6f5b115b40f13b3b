"""Writing stand-in checkpoints: the exact shapes of a real architecture, random weights."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from mergec.checkpoint import Shard, lay_out, weight_index
from mergec.core.dtype import DType
from mergec.diagnostics import MachineFault
from mergec.testing.shapes import Arch, tensors
from mergec.testing.sidefiles import pretty_json, side_files
from mergec.testing.weights import Draw, write_hole, write_weights

INDEX = "model.safetensors.index.json"


def write_checkpoint(
    directory: str,
    arch: Arch,
    *,
    seed: int,
    tuned_from: int | None = None,
    dtype: DType | None = None,
    sparse: bool = False,
    shard_bytes: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write a checkpoint that transformers loads, in bounded memory; the same arguments give the same bytes.

    tuned_from: seed of a base checkpoint; the weights are then the base's plus small changes drawn from `seed`,
        at a cosine of about 0.99, and there is a chat template.
    dtype: element type of all tensors, one of F16, BF16, F32, F64, in place of the architecture's own.
    sparse: real headers over zeros that take no room on disk; imports no torch.
    shard_bytes: largest weight file, in place of the architecture's own.
    progress: told how many bytes of weights were added since the last call.

    Weight files that stood in `directory` are removed, other files replaced. Raises MachineFault.
    """
    stored = dtype or arch.dtype
    shards = lay_out(tensors(arch, stored), shard_bytes or arch.shard_bytes)
    draw = Draw(seed, tuned_from, norm_mean=0.0 if arch.config["model_type"] == "gemma2" else 1.0)
    try:
        _write_empty(directory)
        for shard in shards:
            path = os.path.join(directory, shard.file)
            if sparse:
                write_hole(path, shard)
            else:
                write_weights(path, shard, draw, progress or _ignore)
        _write_texts(directory, _texts(arch, stored, shards, tuned=tuned_from is not None))
    except OSError as error:
        reason = error.strerror or str(error)
        raise MachineFault(f"cannot write the checkpoint in `{directory}`: {reason}") from error


def write_header_only(directory: str, arch: Arch) -> None:
    """Write a checkpoint whose weight files are headers over holes, for reading headers at any size.

    Raises MachineFault.
    """
    write_checkpoint(directory, arch, seed=0, sparse=True)


def weight_files(directory: str) -> tuple[Path, ...]:
    """The weight files in `directory` and their index; none if there is no such directory."""
    folder = Path(directory)
    return tuple(sorted({*folder.glob("model*.safetensors"), *folder.glob(INDEX)}))


def _write_empty(directory: str) -> None:
    """Make the directory, without weights and config of an earlier checkpoint, which might be taken for the new one."""
    os.makedirs(directory, exist_ok=True)
    for path in (*weight_files(directory), Path(directory, "config.json")):
        path.unlink(missing_ok=True)


def _texts(arch: Arch, dtype: DType, shards: tuple[Shard, ...], *, tuned: bool) -> tuple[tuple[str, str], ...]:
    index = ((INDEX, pretty_json(weight_index(shards))),) if len(shards) > 1 else ()
    return index + side_files(arch, dtype, tuned=tuned)


def _write_texts(directory: str, texts: tuple[tuple[str, str], ...]) -> None:
    for name, text in texts:
        Path(directory, name).write_text(text, encoding="utf-8", newline="\n")


def _ignore(_: int) -> None:
    pass

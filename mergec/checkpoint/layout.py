"""Where each tensor of a checkpoint to be written lies, byte for byte as safetensors' own serializer has it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from mergec.core.tensor import TensorEntry, TensorType

NamedTensor = tuple[str, TensorType]

DEFAULT_SHARD_BYTES = 5_000_000_000
"""The Hub's default."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One weight file: its leading bytes and where its tensors follow, in the order stored."""

    file: str
    header: bytes
    entries: tuple[TensorEntry, ...]

    @property
    def nbytes(self) -> int:
        return len(self.header) + sum(entry.type.nbytes for entry in self.entries)


def lay_out(tensors: tuple[NamedTensor, ...], shard_bytes: int) -> tuple[Shard, ...]:
    """Shards of at most `shard_bytes` of tensors each, filled in the order given.

    A tensor that is larger gets a shard of its own. A single shard is `model.safetensors`.
    """
    groups = _groups(tensors, shard_bytes)
    if len(groups) == 1:
        return (_shard("model.safetensors", groups[0]),)
    count = len(groups)
    return tuple(_shard(f"model-{i:05d}-of-{count:05d}.safetensors", g) for i, g in enumerate(groups, 1))


def weight_index(shards: tuple[Shard, ...]) -> dict[str, object]:
    """What `model.safetensors.index.json` says."""
    entries = [entry for shard in shards for entry in shard.entries]
    return {
        "metadata": {"total_size": sum(entry.type.nbytes for entry in entries)},
        "weight_map": {entry.name: entry.file for entry in entries},
    }


def _groups(tensors: tuple[NamedTensor, ...], shard_bytes: int) -> list[list[NamedTensor]]:
    groups: list[list[NamedTensor]] = [[]]
    filled = 0
    for name, type_ in tensors:
        if groups[-1] and filled + type_.nbytes > shard_bytes:
            groups.append([])
            filled = 0
        groups[-1].append((name, type_))
        filled += type_.nbytes
    return groups


def _shard(file: str, group: list[NamedTensor]) -> Shard:
    stored = sorted(group, key=lambda named: (-named[1].dtype.rank, named[0]))
    header = _header(stored)
    entries, offset = [], len(header)
    for name, type_ in stored:
        entries.append(TensorEntry(name, type_, file, offset))
        offset += type_.nbytes
    return Shard(file, header, tuple(entries))


def _header(stored: list[NamedTensor]) -> bytes:
    """The length, then compact JSON padded with spaces to a multiple of 8: safetensors' own form."""
    described: dict[str, object] = {"__metadata__": {"format": "pt"}}
    start = 0
    for name, type_ in stored:
        end = start + type_.nbytes
        described[name] = {"dtype": type_.dtype.code, "shape": list(type_.shape), "data_offsets": [start, end]}
        start = end
    text = json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text

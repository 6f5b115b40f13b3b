"""Random weights that look like a model's, drawn block by block and written in place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING

from mergec.checkpoint import Shard
from mergec.core.tensor import TensorEntry

if TYPE_CHECKING:
    from torch import Generator, Tensor

BLOCK_ELEMENTS = 1 << 18
"""Elements drawn at once; part of what the values depend on."""

DRIFT = 0.14
"""Standard deviation of a fine-tune's change, relative to that of the weight: a cosine of 0.99 between the two."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What the values depend on, next to tensor name and block.

    seed: of the weights, or, if `tuned_from` is the seed of a base, of the changes to that base's weights.
    norm_mean: around which norm weights lie: 1, or 0 for models that add 1 themselves.
    """

    seed: int
    tuned_from: int | None
    norm_mean: float


@dataclass(frozen=True, slots=True)
class _Block:
    entry: TensorEntry
    index: int

    @property
    def elements(self) -> int:
        return min(BLOCK_ELEMENTS, self.entry.type.elements - self.index * BLOCK_ELEMENTS)

    @property
    def offset(self) -> int:
        return self.entry.offset + self.index * BLOCK_ELEMENTS * self.entry.type.dtype.bits // 8


def write_weights(path: str, shard: Shard, draw: Draw, progress: Callable[[int], None]) -> None:
    """Write one weight file; `progress` is told, on the calling thread, how many bytes were added."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        os.ftruncate(fd, shard.nbytes)
        _write_at(fd, shard.header, 0)
        _write_blocks(fd, _blocks(shard), draw, progress)
    finally:
        os.close(fd)


def write_hole(path: str, shard: Shard) -> None:
    """Write a weight file that is a header over a hole: full length, all zeros, no disk."""
    with open(path, "wb") as file:
        file.write(shard.header)
        file.truncate(shard.nbytes)


def _blocks(shard: Shard) -> Iterator[_Block]:
    for entry in shard.entries:
        for index in range(-(-entry.type.elements // BLOCK_ELEMENTS)):
            yield _Block(entry, index)


def _write_blocks(fd: int, blocks: Iterator[_Block], draw: Draw, progress: Callable[[int], None]) -> None:
    """A bounded number of blocks is under way at a time, so that memory stays small and an interrupt takes hold."""
    threads = min(os.cpu_count() or 1, 16)

    def write(block: _Block) -> int:
        data = _values(block, draw)
        _write_at(fd, data, block.offset)
        return len(data)

    with ThreadPoolExecutor(threads) as pool:
        while batch := list(islice(blocks, 32 * threads)):
            for written in pool.map(write, batch):
                progress(written)


def _values(block: _Block, draw: Draw) -> bytearray:
    import torch

    name, dtype = block.entry.name, block.entry.type.dtype
    mean, spread = _scale(name, draw.norm_mean)
    if draw.tuned_from is None:
        values = _normal(block, draw.seed, mean, spread)
    else:
        values = _normal(block, draw.tuned_from, mean, spread)
        values.add_(_normal(block, draw.seed, 0.0, spread * DRIFT))
    data = bytearray(block.elements * dtype.bits // 8)
    torch.frombuffer(data, dtype=getattr(torch, dtype.torch_name)).copy_(values)
    return data


def _scale(name: str, norm_mean: float) -> tuple[float, float]:
    """Mean and standard deviation of a tensor's values."""
    return (norm_mean, 0.1) if name.endswith("norm.weight") else (0.0, 0.02)


def _normal(block: _Block, seed: int, mean: float, spread: float) -> Tensor:
    import torch

    generator = _generator(f"{seed}/{block.entry.name}/{block.index}")
    return torch.empty(block.elements, dtype=torch.float32).normal_(mean, spread, generator=generator)


def _generator(key: str) -> Generator:
    import torch

    number = int.from_bytes(blake2b(key.encode(), digest_size=7).digest(), "little")
    return torch.Generator().manual_seed(number)


def _write_at(fd: int, data: bytes | bytearray, offset: int) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(fd, rest, offset)
        rest, offset = rest[written:], offset + written

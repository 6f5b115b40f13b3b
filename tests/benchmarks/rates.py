"""What one core of this machine does in a second: moving bytes, and the arithmetic of a merge, each on its own."""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from mergec.plan import BLOCK_ELEMENTS

STORED_BYTES = 2
FILE_BYTES = 1 << 28
REPEATS = 5
READ, WRITE, REWRITE = "preadv, from the page cache", "pwrite, into new pages", "pwrite, over pages that are there"


@dataclass(frozen=True, slots=True)
class Rate:
    """One operation. ns: per element of a block. bytes: moved per element, 0 where bytes are not the point."""

    name: str
    ns: float
    bytes: int = 0


def measure_rates(folder: Path, file_bytes: int = FILE_BYTES) -> tuple[Rate, ...]:
    """All rates, with files in `folder`."""
    return (*_of_files(folder, file_bytes), *_of_arithmetic())


def _of_files(folder: Path, file_bytes: int) -> Iterator[Rate]:
    block = BLOCK_ELEMENTS * STORED_BYTES
    blocks = max(1, file_bytes // block)
    buffer = memoryview(mmap.mmap(-1, block))
    with TemporaryDirectory(dir=folder) as scratch:
        rounds = [_round(Path(scratch, str(i)), buffer, blocks) for i in range(REPEATS)]
    for name, seconds in zip((READ, WRITE, REWRITE), zip(*rounds, strict=True), strict=True):
        yield Rate(name, median(seconds) * 1e9 / (blocks * BLOCK_ELEMENTS), STORED_BYTES)


def _round(path: Path, buffer: memoryview, blocks: int) -> tuple[float, float, float]:
    """Seconds to read a file block by block, to write it when it is new, and to write it again."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    offsets = range(0, blocks * len(buffer), len(buffer))

    def write() -> None:
        for offset in offsets:
            os.pwrite(fd, buffer, offset)

    def read() -> None:
        for offset in offsets:
            os.preadv(fd, [buffer], offset)

    try:
        os.posix_fallocate(fd, 0, len(offsets) * len(buffer))
        written, rewritten = _seconds(write), _seconds(write)
        return _seconds(read), written, rewritten
    finally:
        os.close(fd)
        path.unlink()


def _of_arithmetic() -> Iterator[Rate]:
    import torch

    torch.set_num_threads(1)
    stored = torch.randn(BLOCK_ELEMENTS).bfloat16()
    one, other, sum = (torch.randn(BLOCK_ELEMENTS) for _ in range(3))
    operations: tuple[tuple[str, Callable[[], object]], ...] = (
        ("bfloat16 to float32", lambda: one.copy_(stored)),
        ("float32 to bfloat16", lambda: stored.copy_(one)),
        ("inner product", lambda: torch.dot(one, other)),
        ("c · x", lambda: torch.mul(one, 0.5, out=sum)),
        ("y + c · x", lambda: sum.add_(other, alpha=1e-9)),
        ("least and largest", lambda: torch.aminmax(one)),
    )
    for name, operation in operations:
        yield Rate(name, _best(operation) * 1e9 / BLOCK_ELEMENTS)


def _best(operation: Callable[[], object], loops: int = 100) -> float:
    """Seconds of one call, the median over some loops."""
    operation()
    return median(_seconds(lambda: [operation() for _ in range(loops)]) / loops for _ in range(REPEATS))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started

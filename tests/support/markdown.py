"""Cases in Markdown files: prose, fenced blocks, and the results that are expected of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Block:
    """A fenced block: the words after the fence and its text; its number and its lines in the file, from 0."""

    kind: str
    rest: str
    text: str
    number: int
    first: int
    end: int


@dataclass(frozen=True)
class Case:
    """A section of a file: the blocks that stand before the first section count for all."""

    title: str
    blocks: tuple[Block, ...]
    shared: tuple[Block, ...] = field(default=(), repr=False)


def read_cases(path: Path) -> list[Case]:
    """The `##` sections of a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    titles = {i: line[3:].strip() for i, line in enumerate(lines) if line.startswith("## ")}
    blocks = list(_blocks(lines))
    inside = {i for block in blocks for i in range(block.first, block.end)}
    starts = [i for i in titles if i not in inside]
    shared = tuple(b for b in blocks if not starts or b.first < starts[0])
    ends = [*starts[1:], len(lines)]
    return [
        Case(titles[start], tuple(b for b in blocks if start < b.first < end), shared)
        for start, end in zip(starts, ends, strict=True)
    ]


def replace_block(path: Path, number: int, text: str) -> None:
    """Put another text into a file's n-th block, counted from 0."""
    lines = path.read_text(encoding="utf-8").splitlines()
    block = list(_blocks(lines))[number]
    lines[block.first : block.end] = text.splitlines()
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _blocks(lines: list[str]) -> Iterator[Block]:
    start: int | None = None
    number = 0
    for i, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if start is None:
            start = i
            continue
        kind, _, rest = lines[start][3:].partition(" ")
        yield Block(kind, rest.strip(), "\n".join(lines[start + 1 : i]), number, start + 1, i)
        start, number = None, number + 1
    assert start is None, f"the block at line {start and start + 1} is not closed"

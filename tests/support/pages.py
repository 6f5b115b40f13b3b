"""Pages of the manual: their blocks, and running what they show."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "grammar" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)

_BLOCK = re.compile(
    r"^(?P<fence>```+)(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=fence)[ ]*$|^<!-- setup\n(?P<setup>.*?)^-->$",
    re.MULTILINE | re.DOTALL,
)
UPDATE = "MERGEC_ACCEPT"
"""Set to 1, this environment variable makes the tests write into the pages what commands print now."""

ANY_LINES = "[...]"
"""A line of shown output that stands for any lines."""

Mergec = Callable[[list[str]], str]
"""Runs the command with arguments and returns what it prints."""


@dataclass(frozen=True)
class Block:
    """A fenced block, or a hidden `<!-- setup` of shell commands; start and end are offsets of its text in the page.

    info: the words after the fence, such as `yaml recipe.yaml`, a file to be written, or `console`, commands after
    `$ ` with what they print.
    """

    info: tuple[str, ...]
    text: str
    start: int
    end: int

    @property
    def file(self) -> str | None:
        return self.info[1] if len(self.info) > 1 else None


@dataclass(frozen=True)
class Shown:
    """A command as a page shows it, and the lines below it."""

    command: str
    output: tuple[str, ...]


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page in order."""
    for found in _BLOCK.finditer(page):
        part = "setup" if found["setup"] is not None else "text"
        info = ("setup",) if part == "setup" else tuple(found["info"].split())
        yield Block(info, found[part], found.start(part), found.end(part))


def shown(console: str) -> Iterator[Shown]:
    """The commands of a `console` block."""
    lines = console.splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield Shown(lines[start][2:], tuple(lines[start + 1 : end]))


def arguments(command: str) -> list[str] | None:
    """What a command line gives to mergec; None if it runs something else."""
    words = shlex.split(command, comments=True)
    words = words[next((i for i, word in enumerate(words) if "=" not in word), 0) :]
    return words[1:] if words[:1] == ["mergec"] else None


def agrees(shown: tuple[str, ...], printed: tuple[str, ...]) -> bool:
    """Whether output is as shown; a line of `[...]` stands for any lines."""
    pattern = "".join(r"(?:.*\n)*" if line == ANY_LINES else re.escape(line) + "\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None


def replay(page: str, directory: Path, mergec: Mergec) -> str:
    """The page with the output that its commands give now, run one after another in a directory.

    Output that agrees with what is shown, so up to `[...]`, is left as it is.
    """
    edits: list[tuple[Block, str]] = []
    for block in blocks(page):
        if block.info == ("setup",):
            _shell(block.text, directory)
        elif block.info[:1] == ("console",):
            edits.append((block, "".join(_replayed(s, directory, mergec) for s in shown(block.text))))
        elif block.file is not None:
            (directory / block.file).write_text(block.text, encoding="utf-8")
    for block, text in reversed(edits):
        page = page[: block.start] + text + page[block.end :]
    return page


def _replayed(shown: Shown, directory: Path, mergec: Mergec) -> str:
    words = arguments(shown.command)
    output = _shell(shown.command, directory) if words is None else mergec(words)
    printed = tuple(output.splitlines())
    lines = shown.output if agrees(shown.output, printed) else printed
    return "".join(f"{line}\n" for line in (f"$ {shown.command}", *lines))


def _shell(script: str, directory: Path) -> str:
    path = os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)))
    environment = {**os.environ, "PATH": path, "LC_ALL": "C"}
    done = subprocess.run(["bash", "-euc", script], cwd=directory, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout

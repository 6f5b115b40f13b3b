"""Running the command line in a terminal that a test can read."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping
from pathlib import Path

from tests.support.command import COMMAND, environment

_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def run_in_terminal(
    *arguments: str, columns: int, cwd: Path, env: Mapping[str, str] | None = None, command: tuple[str, ...] = COMMAND
) -> tuple[int, str]:
    """The exit code, and all that was drawn, of a process whose three streams are a terminal."""
    screen, keyboard = pty.openpty()
    fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    variables = environment(**{"TERM": "xterm-256color", **(env or {})})
    process = subprocess.Popen(
        [*command, *arguments], cwd=cwd, env=variables, stdin=keyboard, stdout=keyboard, stderr=keyboard
    )
    os.close(keyboard)
    drawn = b"".join(_chunks(screen))
    os.close(screen)
    return process.wait(), drawn.decode("utf-8").replace("\r\n", "\n")


def plain(drawn: str) -> str:
    """What was drawn, without colours and movements of the cursor."""
    return _CODES.sub("", drawn)


def _chunks(screen: int) -> list[bytes]:
    chunks = []
    while True:
        try:
            chunk = os.read(screen, 1 << 16)
        except OSError:  # what Linux says when the other side is closed
            return chunks
        if not chunk:
            return chunks
        chunks.append(chunk)

"""Running the command line as a user does: in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

COMMAND = (sys.executable, "-m", "mergec")
_UNSET = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "HF_HOME", "HF_HUB_OFFLINE", "MERGEC_DEBUG", "PYTHONHASHSEED")


def environment(**extra: str) -> dict[str, str]:
    """This process's environment without what changes the output, and nothing from the network."""
    kept = {name: value for name, value in os.environ.items() if name not in _UNSET}
    return {**kept, "HF_HUB_OFFLINE": "1", **extra}


def run_mergec(
    *arguments: str | Path, cwd: Path, stdin: str | bytes = b"", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `mergec` with captured streams, neither of them a terminal."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=cwd, input=data, capture_output=True, env=environment(**(env or {}))
    )
    return subprocess.CompletedProcess(done.args, done.returncode, text(done.stdout), text(done.stderr))


def run_python(code: str, *arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """What a program prints; it must end well."""
    command: Sequence[str] = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment(**(env or {})))
    assert done.returncode == 0, done.stderr
    return done.stdout


def text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")

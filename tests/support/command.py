"""Running the command line as a user does: in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path

from huggingface_hub import constants

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


@contextmanager
def _as_process(arguments: Sequence[str], cwd: Path) -> Iterator[tuple[TextIOWrapper, TextIOWrapper]]:
    """Streams, directory and arguments of a process, for a while."""
    before = os.getcwd(), sys.argv, sys.stdout, sys.stderr
    offline, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, True
    streams = TextIOWrapper(BytesIO(), encoding="utf-8"), TextIOWrapper(BytesIO(), encoding="utf-8")
    try:
        os.chdir(cwd)
        sys.argv = ["mergec", *arguments]
        sys.stdout, sys.stderr = streams
        yield streams
    finally:
        os.chdir(before[0])
        _, sys.argv, sys.stdout, sys.stderr = before
        constants.HF_HUB_OFFLINE = offline


def run_here(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `mergec` in this process, which saves half a second: for commands that read headers only."""
    from mergec.cli.app import app

    code: object = 0
    with _as_process(arguments, cwd) as (out, err):
        try:
            app()
        except SystemExit as end:
            code = end.code or 0
        out.flush()
        err.flush()
    stdout, stderr = (text(stream.buffer.getvalue()) for stream in (out, err))  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(["mergec", *arguments], int(str(code)), stdout, stderr)

"""The command: `mergec`, or `python -m mergec`."""

from __future__ import annotations

import atexit
import os
import sys
import threading

from mergec.cli.app import main as run_command_line

_LOST_OUTPUT = 120
"""What Python returns where its last words cannot be written."""


def main() -> None:
    """Run the command line, and leave at once: it takes a third of a second to take torch apart."""
    try:
        run_command_line()
        code: str | int | None = 0
    except SystemExit as end:
        code = end.code
    if code is None or isinstance(code, int):
        _leave(code or 0)
    raise SystemExit(code)


def _leave(code: int) -> None:
    """End the process once all that others wait for is done; returns where Python has something left to do or say."""
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        return
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        code = code or _LOST_OUTPUT
    os._exit(code)


if __name__ == "__main__":
    main()

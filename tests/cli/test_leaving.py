"""The end of a process: at once, and with nothing lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import environment

LEAVING = """
import atexit, sys, threading, time
from mergec.__main__ import main

def work():
    time.sleep(0.2)
    print("worked")

atexit.register(print, "told")
if "--thread" in sys.argv:
    sys.argv.remove("--thread")
    threading.Thread(target=work).start()
main()
"""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--version",), 0, "told"),
        (("explain", "nothing-here.merge"), 1, "told"),
        (("--version", "--thread"), 0, "worked\ntold"),
    ],
)
def test_what_is_printed_and_registered_is_not_lost(
    arguments: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", LEAVING, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment())
    assert done.returncode == code
    assert done.stdout.endswith(said + "\n")
    assert ("nothing-here" in done.stderr) == (code == 1)

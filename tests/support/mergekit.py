"""mergekit as a separate program, for comparing numbers: only its command line is used."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.support.merges import read_model
from tests.support.numbers import Stored

VERSION = "0.1.5"

MISSING = f"mergekit {VERSION} is not installed apart: run `make parity`, or give its mergekit-yaml in MERGEC_MERGEKIT"


def find_mergekit() -> str | None:
    """The program `mergekit-yaml`: the one that MERGEC_MERGEKIT names, or one in a place known to `make parity`."""
    if named := os.environ.get("MERGEC_MERGEKIT"):
        return named
    places = (Path(".parity"), Path.home() / ".cache/mergec-parity")
    return next((str(path) for place in places if (path := place / "bin/mergekit-yaml").is_file()), None)


class MergekitFailed(Exception):
    """mergekit ended with an error; the message is the end of what it said."""


def run_mergekit(recipe: Path, output: Path) -> dict[str, Stored]:
    """What mergekit makes of a recipe. Raises MergekitFailed."""
    program = find_mergekit()
    assert program, MISSING
    done = subprocess.run(
        [program, str(recipe), str(output), "--quiet", "--num-threads", "1", "--no-write-model-card"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONHASHSEED": "0",
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        raise MergekitFailed(done.stderr[-2000:])
    return read_model(output)

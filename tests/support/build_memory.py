"""What a build holds, as a program of its own: prints what its plan promises and what it took, in bytes.

    python -m tests.support.build_memory FOLDER RECIPE MEMORY [--at-once]

FOLDER has models in `small` and in `large`; RECIPE is built of both, MEMORY bytes (or `default`) are allowed. The small
build comes first, so that what torch loads for its operations does not count. With --at-once the C library gives what
is freed back to the system at once, so that only what is in use counts.
"""

from __future__ import annotations

import ctypes
import json
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from unittest.mock import patch

from mergec.diagnostics import Report, Source
from mergec.driver import Request, build, compile_recipe

WORKERS = 2
SMALL_BLOCK = 1 << 12
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Of glibc's malloc.h."""

FREED_AT_ONCE = 1 << 17
"""Pieces of this many bytes, and larger ones."""


def main(folder: str, recipe: str, memory: str, *options: str) -> None:
    """Build twice, and print how much the second build added to what the process already held."""
    allowed = None if memory == "default" else int(memory)
    keeping = "mergec.backends.torch_cpu._keep_freed_memory"
    with patch(keeping, give_back_at_once) if "--at-once" in options else nullcontext():
        small = Request(f"{folder}/small", workers=WORKERS, block_elements=SMALL_BLOCK)
        built(recipe, small, f"{folder}/out")
        before = resident_bytes("VmRSS")
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
        large = Request(f"{folder}/large", workers=WORKERS, memory_bytes=allowed)
        promised = built(recipe, large, f"{folder}/out")
    print(json.dumps({"promised": promised, "held": resident_bytes("VmHWM") - before}))


def give_back_at_once() -> None:
    adjust = ctypes.CDLL(None).mallopt
    adjust(MMAP_THRESHOLD, FREED_AT_ONCE)
    adjust(TRIM_THRESHOLD, FREED_AT_ONCE)


def built(recipe: str, request: Request, output: str) -> int:
    """Build a recipe; what its plan promises to hold at most."""
    compiled = compile_recipe(Source("recipe.merge", recipe), request, Report())
    build(compiled, output, force=True, sync=False, progress=lambda _: None)
    return compiled.plan.cut.peak_bytes


def resident_bytes(key: str) -> int:
    """A size of this process: `VmRSS`, or `VmHWM`, its peak."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(key)


if __name__ == "__main__":
    main(*sys.argv[1:])

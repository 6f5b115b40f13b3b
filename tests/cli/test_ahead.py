"""What a build begins before its recipe is read: torch's library, where it will be wanted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LOADS = """
import sys
from mergec.cli.ahead import load_torch_for
from mergec.backends import load_torch
import threading
load_torch_for(sys.argv[1])
assert "torch" not in sys.modules
for thread in threading.enumerate():
    if thread is not threading.main_thread():
        thread.join()
print("libtorch_cpu" in open("/proc/self/maps").read())
load_torch()
assert threading.active_count() == 1
import torch
print(float(torch.dot(torch.ones(3), torch.ones(3))))
"""


def loads(recipe: Path) -> list[str]:
    return subprocess.run(
        [sys.executable, "-c", LOADS, str(recipe)], check=True, capture_output=True, text=True
    ).stdout.split()


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_torch_is_loaded_for_what_computes_alone(tmp_path: Path) -> None:
    one, other = tmp_path / "one.merge", tmp_path / "other.merge"
    one.write_text("merge m = slerp(a, b)")
    other.write_text("merge m = passthrough(a)")
    both = len(os.sched_getaffinity(0)) > 1
    assert loads(one) == [str(both), "3.0"]
    assert loads(other) == ["False", "3.0"]
    assert loads(tmp_path / "none") == ["False", "3.0"]

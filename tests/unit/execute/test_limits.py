"""The number of files that a build has open at once."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from mergec.diagnostics import MachineFault
from mergec.execute.limits import OTHER_FILES, allow_open_files
from tests.support.tiny import write_tiny

BUILD = """
import resource, sys
from mergec.cli.app import main
resource.setrlimit(resource.RLIMIT_NOFILE, (60, int(sys.argv.pop(1))))
main()
"""


@pytest.mark.parametrize(
    ("soft", "hard", "count", "expected"),
    [
        (1024, 4096, 1024 - OTHER_FILES, None),
        (1024, 4096, 1025 - OTHER_FILES, (1025, 4096)),
        (1024, resource.RLIM_INFINITY, 10_000, (10_000 + OTHER_FILES, resource.RLIM_INFINITY)),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, 10**9, None),
    ],
)
def test_the_limit_is_raised_as_needed(
    soft: int, hard: int, count: int, expected: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: wanted.append(limits))
    allow_open_files(count)
    assert wanted == ([] if expected is None else [expected])


def test_more_than_the_system_allows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    with pytest.raises(MachineFault, match="has 4,096 files open at once, and the system allows 4,096"):
        allow_open_files(4096)


@pytest.mark.parametrize(("hard", "code"), [(400, 0), (100, 3)])
def test_a_build_of_many_files(hard: int, code: int, tmp_path: Path) -> None:
    write_tiny(tmp_path / "a", "llama layers=8 shards=70")
    tmp_path.joinpath("r.merge").write_text('model a = "a"\nmerge m = passthrough(a)')
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(hard), "build", "r.merge", "out", "--shard-size", "100", "--no-sync"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    assert tmp_path.joinpath("out").exists() == (code == 0)
    assert ("files open at once" in done.stderr) == (code == 3)

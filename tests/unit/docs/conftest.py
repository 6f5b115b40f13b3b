from __future__ import annotations

import os
from pathlib import Path

import pytest

from mergec.cli.app import app
from mergec.testing.demo import write_demo
from tests.support.pages import Mergec


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """What `mergec demo` writes, the weights all zero."""
    write_demo(str(tmp_path), "tiny-llama", sparse=True)
    return tmp_path


@pytest.fixture
def mergec(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Mergec:
    """Runs a command in `tmp_path`, where packages are found as well, as on a machine with two processors."""
    from huggingface_hub import constants

    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "MERGEC_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1})
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(arguments: list[str]) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit):
            app(arguments, prog_name="mergec")
        printed = capsys.readouterr()
        return printed.out + printed.err

    return run

from __future__ import annotations

from pathlib import Path

import pytest

from mergec.testing.demo import write_demo
from tests.support.tiny import write_tiny


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with two tiny checkpoints and a recipe in both tongues; tests write to other directories."""
    directory = tmp_path_factory.mktemp("demo")
    write_demo(str(directory), "tiny-llama")
    return directory


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A directory with checkpoints of headers only: `base`, `tuned` and `third`."""
    for name in ("base", "tuned", "third"):
        write_tiny(tmp_path / name, "llama layers=2")
    return tmp_path

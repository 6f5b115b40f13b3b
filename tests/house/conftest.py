from __future__ import annotations

from pathlib import Path

import pytest

from mergec.testing.demo import write_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with two tiny checkpoints and a recipe in both tongues."""
    directory = tmp_path_factory.mktemp("demo")
    write_demo(str(directory), "tiny-llama")
    return directory

"""The command line against a stand-in of the Hub: headers by ranges to explain, files only to build."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from safetensors import safe_open

from mergec.testing.demo import write_demo
from tests.support.hub_server import Fault, Hub, Request

RECIPE = """\
model base = "org/base"
model tuned = "org/tuned"
merge m = slerp(base, tuned) { t = curve(0, 1) }
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("demo")
    paths = write_demo(str(folder / "d"), "tiny-llama")
    return {
        f"org/{name}": {p.name: p.read_bytes() for p in Path(path).iterdir()}
        for name, path in (("base", paths.base), ("tuned", paths.tuned))
    }


@pytest.fixture
def hub(models: dict[str, dict[str, bytes]]) -> Iterator[Hub]:
    with Hub(models).serving() as serving:
        yield serving


@pytest.fixture
def run(hub: Hub, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    (tmp_path / "r.merge").write_text(RECIPE)

    def call(*arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "HF_ENDPOINT": hub.endpoint,
            "HF_HOME": str(tmp_path / "home"),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            **extra,
        }
        command = [sys.executable, "-c", "from mergec.cli.app import main; main()", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return call


def test_explaining_reads_headers_and_building_fetches_files(
    hub: Hub, run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    explained = run("explain", "r.merge", "--format", "json")
    assert explained.returncode == 0, explained.stderr
    weights = [r for r in hub.requests if r.path.endswith(".safetensors") and r.method == "GET"]
    assert weights
    assert all(r.range for r in weights)

    built = run("build", "r.merge", "out")
    assert built.returncode == 0, built.stderr
    with safe_open(tmp_path / "out" / "model.safetensors", "pt") as file:
        assert len(list(file.keys())) == 57
    assert (tmp_path / "out" / "tokenizer.json").exists()
    card = (tmp_path / "out" / "README.md").read_text()
    assert "- org/base" in card
    assert "base_model_relation: merge" in card

    before = len(hub.requests)
    again = run("build", "r.merge", "again", HF_HUB_OFFLINE="1")
    assert again.returncode == 0, again.stderr
    assert len(hub.requests) == before
    assert (tmp_path / "again/model.safetensors").read_bytes() == (tmp_path / "out/model.safetensors").read_bytes()


def test_wrong_bytes_from_the_hub_publish_nothing(
    hub: Hub, run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    def corrupt(request: Request) -> Fault | None:
        whole = request.method == "GET" and request.path.endswith(".safetensors") and not request.range
        return Fault(corrupt=True) if whole else None

    hub.fault = corrupt
    built = run("build", "r.merge", "out")
    assert built.returncode == 3
    assert "Traceback" not in built.stderr
    assert "model.safetensors" in built.stderr
    assert not (tmp_path / "out").exists()
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".out")]


def test_an_unknown_model_offline_and_online(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "r.merge").write_text(RECIPE.replace("org/tuned", "org/tund"))
    online = run("explain", "r.merge")
    offline = run("explain", "r.merge", HF_HUB_OFFLINE="1")
    for result in (online, offline):
        assert result.returncode == 1
        assert "r.merge:2:15" in result.stderr
        assert "Traceback" not in result.stderr

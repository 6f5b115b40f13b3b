"""A checkpoint on the Hub, opened from the byte ranges of its headers."""

import os
import subprocess
import sys
from pathlib import Path

from mergec.checkpoint import open_checkpoint
from mergec.diagnostics import Code, Report
from mergec.hub import open_repository
from mergec.testing.hub_cache import write_hub_cache
from tests.support.hub_models import CONFIG, SHARDED, SINGLE
from tests.support.hub_server import Fault, Hub
from tests.support.tensor_files import index, tensor_file

ROOT = Path(__file__).parents[3]
INDEX = "model.safetensors.index.json"
SCRIPT = """
from mergec.checkpoint import open_checkpoint
from mergec.diagnostics import Report
from mergec.hub import open_repository
report = Report()
folder = open_repository("org/sharded", None, report)
checkpoint = open_checkpoint(folder, report)
for name in folder.names():
    folder.fetch(name)
print(type(folder).__name__, folder.revision, *(t.name for t in checkpoint.tensors))
"""


def many_shards(count: int) -> dict[str, bytes]:
    shards = {f"s{i:02}.safetensors": [f"model.layers.{i}.w{j}.weight" for j in range(9)] for i in range(count)}
    files = {file: tensor_file(dict.fromkeys(names, ("F32", (4000,)))) for file, names in shards.items()}
    listed = index({name: file for file, names in shards.items() for name in names})
    return {"config.json": CONFIG, INDEX: listed, **files}


def test_headers_take_one_range_a_shard_and_few_bytes(hub: Hub):
    hub.models["org/many"] = many_shards(30)
    report = Report()
    folder = open_repository("org/many", None, report)
    assert folder is not None
    checkpoint = open_checkpoint(folder, report)
    assert checkpoint is not None
    assert report.diagnostics == ()
    assert len(checkpoint.tensors) == 270
    weights = [r for r in hub.requests if r.path.endswith(".safetensors")]
    assert len(weights) == 30
    assert all(r.method == "GET" and r.range for r in weights)
    assert len(hub.requests) <= 30 + 6
    assert hub.sent_bytes < 200_000 < sum(map(len, hub.models["org/many"].values())) / 10


def test_one_file_takes_one_range(hub: Hub):
    folder = open_repository("org/single", None, Report())
    assert folder is not None
    assert open_checkpoint(folder, Report()) is not None
    assert [r.range for r in hub.asked("GET", "model.safetensors")] == ["bytes=0-65535"]


def test_a_shard_that_is_damaged_on_the_hub(hub: Hub):
    hub.fault = lambda request: Fault(corrupt=True) if request.path.endswith("2-of-00002.safetensors") else None
    report = Report()
    folder = open_repository("org/sharded", None, report)
    assert folder is not None
    assert open_checkpoint(folder, report) is None
    assert [d.code for d in report.diagnostics] == [Code.BAD_CHECKPOINT]


def run(home: Path, endpoint: str, **more: str) -> str:
    env = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    env |= {"HF_HOME": str(home), "HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    command = [sys.executable, "-c", SCRIPT]
    found = subprocess.run(command, env=env | more, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return found.stdout


def test_the_clients_environment_is_honoured(hub: Hub, tmp_path: Path):
    first = run(tmp_path, hub.endpoint)
    assert first.startswith("RemoteFolder")
    assert len(hub.requests) >= len(SHARDED)
    asked = len(hub.requests)
    second = run(tmp_path, hub.endpoint, HF_HUB_OFFLINE="1")
    third = run(tmp_path, hub.endpoint)
    assert second == third == first.replace("RemoteFolder", "LocalFolder")
    assert len(hub.requests) == asked


def test_a_demo_cache_is_found(cache: Path):
    def write(directory: str) -> None:
        for name, data in SINGLE.items():
            Path(directory, name).write_bytes(data)

    write_hub_cache(str(cache.parent), "org/demo", write)
    folder = open_repository("org/demo", None, Report())
    assert folder is not None
    assert open_checkpoint(folder, Report()) is not None

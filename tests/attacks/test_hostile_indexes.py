"""Indexes made to mislead: none reads a file outside the folder, and none ends in a traceback."""

import json
import os
from pathlib import Path

import pytest

from mergec.checkpoint import LocalFolder, open_checkpoint
from mergec.diagnostics import Code, Report
from tests.support.tensor_files import index, tensor_file

INDEX = "model.safetensors.index.json"
SHARD = tensor_file({"a": ("F32", (2,))})


def refusal(folder: Path) -> tuple[Code, str]:
    report = Report()
    assert open_checkpoint(LocalFolder(str(folder), "m"), report) is None
    assert report.failed
    return report.diagnostics[0].code, report.diagnostics[0].message


@pytest.mark.parametrize(
    "file",
    ["../secret.safetensors", "/etc/secret.safetensors", "sub/s.safetensors", "C:\\s.safetensors", "..\\s.safetensors",
     "s.safetensors\0", "s\0.safetensors", "", ".", "..", ".safetensors", "s.bin", "s.safetensors/",
     "a\0/../s.safetensors", "./s.safetensors", "model.safetensors.index.json"],
)  # fmt: skip
def test_names_that_leave_the_folder(tmp_path: Path, file: str):
    (tmp_path / "m" / "sub").mkdir(parents=True)
    for place in ("secret.safetensors", "m/sub/s.safetensors", "m/s.safetensors"):
        (tmp_path / place).write_bytes(SHARD)
    (tmp_path / "m" / INDEX).write_bytes(index({"a": file, "b": "s.safetensors"}))
    code, message = refusal(tmp_path / "m")
    assert code is Code.BAD_CHECKPOINT
    assert "not .safetensors files beside it" in message


@pytest.mark.parametrize("name", ["n" * 5000 + ".safetensors", "\ud800.safetensors", "s\n.safetensors"])
def test_names_that_no_file_has(tmp_path: Path, name: str):
    (tmp_path / INDEX).write_bytes(index({"a": name}))
    assert refusal(tmp_path)[0] is Code.MISSING_FILE


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"\x80\x00", "not UTF-8"),
        (b"[]", "not a JSON object"),
        (b"{}", "no `weight_map`"),
        (b'{"weight_map":[]}', "no `weight_map`"),
        (b'{"weight_map":{}}', "no `weight_map`"),
        (b'{"weight_map":"s.safetensors"}', "no `weight_map`"),
        (b'{"weight_map":{"a":1}}', "not .safetensors files"),
        (b'{"weight_map":{"a":["s.safetensors"]}}', "not .safetensors files"),
        (b'{"weight_map":{"a":"s.safetensors","a":"t.safetensors"}}', "more than once"),
        (b'{"metadata":{"total_size":' + b"9" * 5000 + b"}}", "5000 digits"),
        (b'{"metadata":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    ],
)
def test_malformed_indexes(tmp_path: Path, raw: bytes, reason: str):
    (tmp_path / "s.safetensors").write_bytes(SHARD)
    (tmp_path / INDEX).write_bytes(raw)
    code, message = refusal(tmp_path)
    assert code is Code.BAD_CHECKPOINT
    assert reason in message


def test_a_huge_index_is_not_read(tmp_path: Path):
    with open(tmp_path / INDEX, "wb") as file:
        file.truncate(200_000_000)
    assert "200000000 bytes" in refusal(tmp_path)[1]


def test_a_message_about_many_tensors_stays_short(tmp_path: Path):
    (tmp_path / "s.safetensors").write_bytes(SHARD)
    names = {f"model.layers.{i}.{'x' * 300}": "s.safetensors" for i in range(5000)}
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": names}))
    _, message = refusal(tmp_path)
    assert "and 4990 more" in message
    assert len(message) < 1500


def test_a_shard_that_is_a_pipe(tmp_path: Path):
    os.mkfifo(tmp_path / "s.safetensors")
    (tmp_path / INDEX).write_bytes(index({"a": "s.safetensors"}))
    assert refusal(tmp_path)[0] is Code.MISSING_FILE

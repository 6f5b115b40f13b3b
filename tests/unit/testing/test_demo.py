"""`mergec demo`'s files, the Hub cache they can be laid out in, and what is refused."""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest
import yaml

from mergec.diagnostics import MachineFault, OutputConflict, RecipeError
from mergec.testing.archs import LLAMA_2_7B, LLAMA_3_1_405B, TINY_LLAMA
from mergec.testing.demo import demo_bytes, write_demo, write_stand_ins
from mergec.testing.hub_cache import repository_dir, write_hub_cache
from mergec.testing.shapes import checkpoint_bytes
from mergec.testing.write import write_checkpoint

FIND = """
import sys
from huggingface_hub import snapshot_download
from transformers import AutoModelForCausalLM, AutoTokenizer
for id in sys.argv[1:]:
    print(snapshot_download(id, local_files_only=True))
    model, info = AutoModelForCausalLM.from_pretrained(id, output_loading_info=True)
    assert not any(info.values()), info
    tokenizer = AutoTokenizer.from_pretrained(id)
    assert tokenizer.decode(tokenizer("hello")["input_ids"]) == "hello"
"""


def test_demo_writes_two_checkpoints_and_two_recipes(tmp_path: Path) -> None:
    paths = write_demo(str(tmp_path / "demo"), "tiny-llama")
    assert {p.name for p in (tmp_path / "demo").iterdir()} == {"base", "tuned", "recipe.merge", "recipe.yaml"}
    recipe = yaml.safe_load(Path(paths.recipe_yaml).read_text())
    for entry, expected in zip(recipe["models"], (paths.base, paths.tuned), strict=True):
        assert (tmp_path / "demo" / entry["model"]).samefile(expected)
    assert recipe["dtype"] == "bfloat16"
    assert recipe["parameters"]["t"][0] == {"filter": "self_attn", "value": [0, 0.5, 1, 0.5, 0]}
    assert re.findall(r'"\./(\w+)"', Path(paths.recipe_merge).read_text()) == ["base", "tuned"]


def test_demo_can_be_written_again_over_itself(tmp_path: Path) -> None:
    first = write_demo(str(tmp_path), "tiny-llama")
    before = Path(first.tuned, "model.safetensors").read_bytes()
    (tmp_path / "out").mkdir()
    write_demo(str(tmp_path), "tiny-llama")
    assert Path(first.tuned, "model.safetensors").read_bytes() == before
    assert (tmp_path / "out").is_dir()


def test_sparse_demo_of_the_largest(tmp_path: Path) -> None:
    paths = write_demo(str(tmp_path), "llama-3.1-405b", sparse=True)
    assert len(list(Path(paths.tuned).glob("*.safetensors"))) > 180


@pytest.mark.parametrize("name", ["notes.txt", "recipe.merge"])
def test_someone_elses_directory_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("# mine")
    with pytest.raises(OutputConflict, match="holds other files"):
        write_demo(str(tmp_path), "tiny-llama")
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputConflict, match="not a directory"):
        write_demo(str(tmp_path / "file"), "tiny-llama")
    with pytest.raises(MachineFault, match="Not a directory"):
        write_demo(str(tmp_path / "file" / "below"), "tiny-llama")


def test_unknown_architecture_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="gpt-5"):
        write_demo(str(tmp_path / "demo"), "gpt-5")
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("hub", [False, True])
def test_a_full_disk_is_told_before_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: bool) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12 - 10**9, 10**9))
    with pytest.raises(MachineFault, match=r"llama-2-7b needs \d+ bytes on disk, and 1000000000 are free"):
        write_demo(str(tmp_path / "demo"), "llama-2-7b", hub_cache=str(tmp_path / "hf") if hub else None)
    assert not list(tmp_path.iterdir())


def test_bytes_of_a_demo() -> None:
    assert demo_bytes(TINY_LLAMA) == 2 * checkpoint_bytes(TINY_LLAMA)
    assert demo_bytes(LLAMA_2_7B) == 2 * checkpoint_bytes(LLAMA_2_7B)
    assert demo_bytes(LLAMA_2_7B, hub_cache=True) == checkpoint_bytes(LLAMA_2_7B)


def test_hub_cache_is_found_by_id_offline(tmp_path: Path) -> None:
    home = tmp_path / "hf"
    paths = write_demo(str(tmp_path / "demo"), "tiny-llama", hub_cache=str(home))
    ids = [TINY_LLAMA.base_id, TINY_LLAMA.tuned_id]
    assert [m["model"] for m in yaml.safe_load(Path(paths.recipe_yaml).read_text())["models"]] == ids
    environment = {**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "PYTHONHASHSEED": "0"}
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "TRANSFORMERS_CACHE"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", FIND, *ids], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [paths.base, paths.tuned]


def test_revision_is_a_digest_of_the_files(tmp_path: Path) -> None:
    def revision(home: str, seed: int) -> str:
        return Path(
            write_hub_cache(str(tmp_path / home), "a/b", lambda d: write_checkpoint(d, TINY_LLAMA, seed=seed))
        ).name

    assert revision("x", 1) == revision("y", 1)
    assert revision("x", 2) != revision("y", 1)
    snapshots = repository_dir(str(tmp_path / "x"), "a/b") / "snapshots"
    assert len(list(snapshots.iterdir())) == 1
    assert re.fullmatch(r"[0-9a-f]{40}", next(snapshots.iterdir()).name)


def test_holes_are_laid_out_without_reading_them(tmp_path: Path) -> None:
    base, tuned = write_stand_ins(str(tmp_path), LLAMA_3_1_405B, sparse=True)
    assert base != tuned
    files = list(Path(base).glob("*.safetensors"))
    assert len({path.resolve() for path in files}) == len(files) > 180


def test_a_real_download_is_not_replaced(tmp_path: Path) -> None:
    theirs = repository_dir(str(tmp_path), TINY_LLAMA.tuned_id) / "snapshots" / "abc"
    theirs.mkdir(parents=True)
    with pytest.raises(OutputConflict, match=TINY_LLAMA.tuned_id):
        write_demo(str(tmp_path / "demo"), "tiny-llama", hub_cache=str(tmp_path))
    assert theirs.is_dir()
    assert not repository_dir(str(tmp_path), TINY_LLAMA.base_id).exists()


def test_a_model_merged_with_itself_is_written_once(tmp_path: Path) -> None:
    alone = dataclasses.replace(TINY_LLAMA, tuned_id=TINY_LLAMA.base_id)
    base, tuned = write_stand_ins(str(tmp_path), alone)
    assert base == tuned
    assert len(list((tmp_path / "hub").iterdir())) == 1

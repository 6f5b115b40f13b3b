import os
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import constants

from mergec.diagnostics import Code, Report
from mergec.hub import open_repository
from tests.support.hub_models import SHARDED, SINGLE
from tests.support.hub_server import COMMIT

ROOT = Path(__file__).parents[3]


def lay_out(cache: Path, files: dict[str, bytes], repo_id: str = "org/name", branch: str = "main") -> Path:
    home = cache / ("models--" + repo_id.replace("/", "--"))
    snapshot = home / "snapshots" / COMMIT
    for name, data in files.items():
        blob = home / "blobs" / f"{abs(hash(data)):x}"
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(data)
        snapshot.mkdir(parents=True, exist_ok=True)
        os.symlink(os.path.relpath(blob, snapshot), snapshot / name)
    (home / "refs" / branch).parent.mkdir(parents=True, exist_ok=True)
    (home / "refs" / branch).write_text(COMMIT)
    return snapshot


def found(repo_id: str = "org/name", revision: str | None = None):
    report = Report()
    folder = open_repository(repo_id, revision, report)
    return folder, report.diagnostics


@pytest.mark.parametrize("files", [SINGLE, SHARDED], ids=["single", "sharded"])
@pytest.mark.parametrize("revision", [None, "main", COMMIT])
def test_a_complete_snapshot_is_used_without_a_request(cache: Path, files: dict[str, bytes], revision: str | None):
    lay_out(cache, files)
    folder, diagnostics = found(revision=revision)
    assert folder is not None
    assert diagnostics == ()
    assert folder.names() == tuple(sorted(files))
    assert folder.revision == COMMIT
    assert folder.label == ("org/name" if revision is None else f"org/name@{revision}")
    assert all(folder.read(name) == data for name, data in files.items())


def test_branches_with_slashes(cache: Path):
    lay_out(cache, SINGLE, branch="refs/pr/1")
    assert found(revision="refs/pr/1")[0] is not None


def test_a_name_without_organisation(cache: Path):
    lay_out(cache, SINGLE, repo_id="gpt2")
    assert found("gpt2")[0] is not None


@pytest.fixture
def offline(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return cache


@pytest.mark.parametrize("missing", sorted(SHARDED))
def test_offline_an_incomplete_snapshot_names_what_is_missing(offline: Path, missing: str):
    lay_out(offline, {name: data for name, data in SHARDED.items() if name != missing})
    folder, diagnostics = found()
    if missing == "model.safetensors.index.json":  # the numbered shards still make a set
        assert folder is not None
        return
    (error,) = diagnostics
    assert folder is None
    assert error.code is Code.MISSING_FILE
    assert f"missing: {missing}" in error.notes
    assert "hf download org/name" in (error.help or "")


def test_offline_a_link_without_its_blob_is_missing(offline: Path):
    snapshot = lay_out(offline, SINGLE)
    (snapshot / "model.safetensors").resolve().unlink()
    assert found()[1][0].code is Code.MISSING_FILE


def test_offline_and_not_cached(offline: Path):
    folder, (error,) = found()
    assert folder is None
    assert error.code is Code.MISSING_MODEL
    assert "HF_HUB_OFFLINE is set" in error.message
    assert "hf download org/name" in (error.help or "")
    assert str(offline) in error.notes[0]


def test_offline_a_misspelt_name_is_corrected_from_the_cache(offline: Path):
    lay_out(offline, SINGLE)
    assert found("org/nmae")[1][0].help == "did you mean `org/name`?"


@pytest.mark.parametrize("revision", ["../refs/main", "/etc", "..", "a/../main", "x\0"])
def test_revisions_do_not_leave_the_cache(offline: Path, revision: str):
    lay_out(offline, SINGLE)
    assert found(revision=revision)[0] is None


@pytest.mark.parametrize("content", ["../../elsewhere", "", ".", "..", "\xff"])
def test_a_ref_does_not_lead_out_of_the_cache(offline: Path, content: str):
    snapshot = lay_out(offline, SINGLE)
    (snapshot.parent.parent / "refs" / "main").write_text(content, encoding="latin-1")
    assert found()[0] is None


@pytest.mark.parametrize("index", [b"[]", b"{", b'{"weight_map": {"a": ["x"]}}', b'{"weight_map": {"a": "../../x"}}'])
def test_an_index_that_cannot_be_read_is_left_to_the_next_stage(offline: Path, index: bytes):
    lay_out(offline, {"config.json": b"{}", "model.safetensors.index.json": index})
    assert found()[0] is not None


def test_pickles_are_left_to_the_next_stage(offline: Path):
    lay_out(offline, {"config.json": b"{}", "pytorch_model.bin": b"x"})
    assert found()[0] is not None


def test_a_cached_model_is_found_without_the_clients_heavy_parts(cache: Path):
    lay_out(cache, SINGLE)
    script = (
        "import sys; from mergec.diagnostics import Report; from mergec.hub import open_repository;"
        "assert open_repository('org/name', None, Report()) is not None;"
        "heavy = ('torch', 'httpx', 'httpx2', 'huggingface_hub.file_download', 'huggingface_hub.hf_api');"
        "print(*[name for name in heavy if name in sys.modules])"
    )
    home = {**os.environ, "HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}
    run = subprocess.run([sys.executable, "-c", script], env=home, cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""

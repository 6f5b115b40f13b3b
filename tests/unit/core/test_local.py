import os
from pathlib import Path

import pytest

from mergec.core.local import LocalFolder
from mergec.diagnostics import MachineFault


@pytest.fixture
def folder(tmp_path: Path) -> LocalFolder:
    root = tmp_path / "model"
    for name in ("config.json", "templates/a.jinja", "templates/deep/b.jinja", ".git/HEAD"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"0123456789")
    return LocalFolder(str(root), "my/model")


def test_names_reach_one_level_deep(folder: LocalFolder):
    assert folder.names() == ("config.json", "templates/a.jinja")


def test_ranges(folder: LocalFolder):
    assert folder.size("config.json") == 10
    assert folder.read("config.json") == b"0123456789"
    assert folder.read("config.json", 4) == b"456789"
    assert folder.read("config.json", 4, 3) == b"456"
    assert folder.read("templates/a.jinja", 8, 100) == b"89"
    assert folder.read("config.json", 20) == folder.read("config.json", 20, 5) == b""


def test_fetch_gives_the_path(folder: LocalFolder):
    assert Path(folder.fetch("config.json")).read_bytes() == b"0123456789"


@pytest.mark.parametrize(
    "name",
    ["absent", "", ".", "..", "../model/config.json", "templates/../config.json", "/etc/passwd", "config.json/x",
     "templates", "a\0b", "n" * 5000, "\ud800"],
)  # fmt: skip
def test_names_that_are_no_file_of_the_folder(folder: LocalFolder, name: str):
    for access in (folder.size, folder.read, folder.fetch):
        with pytest.raises(FileNotFoundError):
            access(name)


def test_a_named_pipe_is_no_file_and_does_not_block(folder: LocalFolder):
    os.mkfifo(os.path.join(folder.path, "pipe"))
    assert "pipe" not in folder.names()
    with pytest.raises(FileNotFoundError, match="not a regular file"):
        folder.read("pipe")


def test_links_into_a_blob_store_are_files(folder: LocalFolder, tmp_path: Path):
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "abc").write_bytes(b"weights")
    os.symlink("../blobs/abc", os.path.join(folder.path, "model.safetensors"))
    os.symlink("../blobs/gone", os.path.join(folder.path, "broken.safetensors"))
    assert folder.read("model.safetensors") == b"weights"
    assert folder.names() == ("config.json", "model.safetensors", "templates/a.jinja")


def test_no_folder(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        LocalFolder(str(tmp_path / "file"), "x").names()
    with pytest.raises(FileNotFoundError):
        LocalFolder(str(tmp_path / "absent"), "x").names()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_the_machines_fault(folder: LocalFolder):
    os.chmod(os.path.join(folder.path, "config.json"), 0)
    with pytest.raises(MachineFault, match="Permission denied"):
        folder.read("config.json")

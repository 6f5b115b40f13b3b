"""The output directory is absent or complete, whatever happens, and one build at a time makes it."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest

from mergec.diagnostics import MachineFault, OutputConflict
from mergec.execute import staging
from mergec.execute.staging import check_disk, check_output, open_staging, publish


def build(final: Path, content: str, force: bool = False, meanwhile: Callable[[], None] = lambda: None) -> None:
    """What a build does with the directory."""
    with open_staging(str(final)) as stage:
        Path(stage.directory, "config.json").write_text(content)
        meanwhile()
        publish(stage, force, sync=False)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_the_output_appears_at_the_end_and_nothing_else_stays(tmp_path: Path) -> None:
    with open_staging(str(tmp_path / "out")) as stage:
        Path(stage.directory, "config.json").touch()
        assert not (tmp_path / "out").exists()
        publish(stage, force=False, sync=True)
        assert names(tmp_path / "out") == ["config.json"]
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("error", [MachineFault("disk"), KeyboardInterrupt(), RuntimeError()])
def test_a_build_that_fails_leaves_nothing(error: BaseException, tmp_path: Path) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)):
        build(tmp_path / "out", "half", meanwhile=fail)
    assert names(tmp_path) == []


def test_what_a_killed_build_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".out.mergec-building"
    left.joinpath("deep").mkdir(parents=True)
    left.joinpath("model.safetensors").touch()
    tmp_path.joinpath(".out.mergec-building.lock").touch()
    build(tmp_path / "out", "new")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["config.json"]


def test_a_second_build_of_the_same_output_is_refused(tmp_path: Path) -> None:
    with open_staging(str(tmp_path / "out")) as stage:
        with (
            pytest.raises(OutputConflict, match="another build is making"),
            open_staging(str(tmp_path / "out")),
        ):
            pass
        assert Path(stage.directory).is_dir()
        with open_staging(str(tmp_path / "other")):
            pass
    build(tmp_path / "out", "now")


def test_a_lock_that_was_removed_while_it_was_taken_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".out.mergec-building.lock"
    real, calls = staging.fcntl.flock, []

    def flock(lock: int, operation: int) -> None:
        real(lock, operation)
        calls.append(lock)
        if len(calls) == 1:
            path.unlink()

    monkeypatch.setattr(staging.fcntl, "flock", flock)
    with open_staging(str(tmp_path / "out")):
        assert len(calls) == 2
        assert path.exists()


@pytest.mark.parametrize("at_once", [True, False])
def test_force_replaces_what_is_there(at_once: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not at_once:
        monkeypatch.setattr(staging, "_exchanged", lambda one, other: False)
    old = tmp_path / "out"
    old.mkdir()
    old.joinpath("old.txt").touch()
    build(old, "new", force=True)
    assert names(tmp_path) == ["out"]
    assert names(old) == ["config.json"]


def test_the_old_output_comes_back_if_the_second_rename_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "out"
    build(old, "old")
    real = os.rename

    def rename(source: str, target: str) -> None:
        if source.endswith("mergec-building"):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(staging, "_exchanged", lambda one, other: False)
    monkeypatch.setattr(staging.os, "rename", rename)
    with pytest.raises(MachineFault, match="No space left on device"):
        build(old, "new", force=True)
    assert old.joinpath("config.json").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_an_output_that_a_kill_left_aside_comes_back(tmp_path: Path) -> None:
    build(tmp_path / "out", "old")
    tmp_path.joinpath("out").rename(tmp_path / ".out.mergec-building.old")
    with pytest.raises(OutputConflict):
        build(tmp_path / "out", "new")
    assert tmp_path.joinpath("out", "config.json").read_text() == "old"


def test_an_output_that_fills_during_the_build_is_kept(tmp_path: Path) -> None:
    def fill() -> None:
        tmp_path.joinpath("out").mkdir()
        tmp_path.joinpath("out", "mine.txt").touch()

    with pytest.raises(OutputConflict, match="has come to hold files"):
        build(tmp_path / "out", "new", meanwhile=fill)
    assert names(tmp_path / "out") == ["mine.txt"]


def test_an_empty_directory_is_replaced(tmp_path: Path) -> None:
    tmp_path.joinpath("empty").mkdir()
    build(tmp_path / "empty", "a")
    assert names(tmp_path / "empty") == ["config.json"]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_followed(there: bool, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if there:
        disk.joinpath("target").mkdir()
        disk.joinpath("target", "old").touch()
    tmp_path.joinpath("link").symlink_to(disk / "target")
    with open_staging(str(tmp_path / "link")) as stage:
        assert Path(stage.directory).parent == disk
    build(tmp_path / "link", "b", force=there)
    assert tmp_path.joinpath("link").is_symlink()
    assert (names(tmp_path), names(disk), names(disk / "target")) == (["disk", "link"], ["target"], ["config.json"])


def test_what_a_link_leads_to_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    tmp_path.joinpath("link").symlink_to(disk / "target")
    check_output(str(tmp_path / "link"), False, ())
    asked: list[str] = []
    usage = namedtuple("usage", "total used free")

    def measure(path: str) -> object:
        asked.append(path)
        return usage(100, 1, 99)

    monkeypatch.setattr(shutil, "disk_usage", measure)
    check_disk(str(tmp_path / "link"), 99)
    assert asked == [str(disk)]
    disk.joinpath("target").touch()
    with pytest.raises(OutputConflict, match="is a file"):
        check_output(str(tmp_path / "link"), True, ())


def test_places_that_are_refused(tmp_path: Path) -> None:
    model = tmp_path / "models" / "base"
    model.mkdir(parents=True)
    model.joinpath("model.safetensors").touch()
    tmp_path.joinpath("file").touch()
    for final, force, words in (
        (model, False, "would lie in an input"),
        (model / "deep" / "out", True, "would lie in an input"),
        (tmp_path / "models", True, "lies in the output"),
        (tmp_path / "models", False, "is not empty"),
        (tmp_path / "file", True, "is a file"),
    ):
        with pytest.raises(OutputConflict, match=words):
            check_output(str(final), force, (str(model),))
    check_output(str(tmp_path / "new"), False, (str(model),))


def test_a_link_into_an_input_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath("base").mkdir()
    tmp_path.joinpath("link").symlink_to(tmp_path / "base")
    with pytest.raises(OutputConflict, match="would lie in an input"):
        check_output(str(tmp_path / "link" / "out"), False, (str(tmp_path / "base"),))


def test_a_full_disk_is_seen_before_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100, 1, 99))
    check_disk(str(tmp_path / "a" / "b" / "out"), 99)
    with pytest.raises(MachineFault, match=r"needs 100 bytes, and .* has 99 free"):
        check_disk(str(tmp_path / "a" / "b" / "out"), 100)


def test_force_replaces_checkpoints_only(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "cat.jpg").write_text("")
    with pytest.raises(OutputConflict, match="something other than a checkpoint"):
        check_output(str(photos), True, ())
    (photos / "config.json").write_text("{}")
    check_output(str(photos), True, ())

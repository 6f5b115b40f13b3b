"""Input and output files: nothing is lost silently, whatever the system does."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from mergec.diagnostics import MachineFault
from mergec.execute import files
from mergec.execute.files import Source, Sources, Target

DATA = bytes(range(256)) * 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    path.write_bytes(DATA)
    return path


def opened(path: Path, size: int = len(DATA)) -> Source:
    return Source(str(path), "base/model.safetensors", size)


def read(source: Source, offset: int, length: int) -> bytes:
    buffer = bytearray(length)
    source.read_into(memoryview(buffer), offset)
    return bytes(buffer)


def test_reads_that_come_in_parts_are_joined(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.preadv
    monkeypatch.setattr(os, "preadv", lambda fd, buffers, offset: real(fd, [buffers[0][:7]], offset))
    assert read(opened(path), 5, 100) == DATA[5:105]
    assert read(opened(path), len(DATA) - 3, 3) == DATA[-3:]


def test_a_file_that_ends_too_soon_is_told(path: Path) -> None:
    source = opened(path)
    with path.open("r+b") as file:
        file.truncate(100)
    assert read(source, 0, 100) == DATA[:100]
    with pytest.raises(MachineFault, match=r"`base/model.safetensors` changed while it was being merged") as fault:
        read(source, 90, 20)
    assert "let nothing write to the inputs" in str(fault.value.help)


def test_a_read_that_fails_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "preadv", fail)
    with pytest.raises(MachineFault, match=r"cannot read `base/model.safetensors`: Input/output error"):
        read(opened(path), 0, 1)


def test_a_file_of_another_size_than_its_header_said_is_refused(path: Path) -> None:
    with pytest.raises(MachineFault, match="changed"):
        opened(path, len(DATA) + 1)


def test_a_file_that_is_gone_or_closed_to_us_is_told(tmp_path: Path) -> None:
    with pytest.raises(MachineFault, match=r"cannot read `base/model.safetensors`: No such file"):
        opened(tmp_path / "none")


def rewritten(path: Path) -> None:
    path.write_bytes(DATA)
    os.utime(path, ns=(1, 1))


def replaced(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(DATA)
    status = path.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.rename(path)


@pytest.mark.parametrize("change", [rewritten, replaced, Path.unlink, lambda path: os.truncate(path, 3)])
def test_a_file_that_changed_meanwhile_is_told_at_the_end(change: Callable[[Path], None], path: Path) -> None:
    sources = Sources(lambda model, file: opened(path))
    sources.get(0, "model.safetensors")
    sources.check()
    change(path)
    with pytest.raises(MachineFault, match="changed while it was being merged"):
        sources.check()
    sources.close()


def test_each_file_is_opened_once(path: Path) -> None:
    calls: list[tuple[int, str]] = []

    def open_source(model: int, file: str) -> Source:
        calls.append((model, file))
        return opened(path)

    sources = Sources(open_source)
    assert sources.get(0, "a") is sources.get(0, "a")
    assert sources.get(1, "a") is not sources.get(0, "a")
    assert calls == [(0, "a"), (1, "a")]


def target(tmp_path: Path, size: int = 100) -> Target:
    return Target(str(tmp_path / "out.safetensors"), b"head", size)


def test_a_target_has_its_size_and_header_from_the_start(tmp_path: Path) -> None:
    made = target(tmp_path)
    made.write(memoryview(b"tail"), 96)
    made.finish(sync=True)
    made.close()
    assert tmp_path.joinpath("out.safetensors").read_bytes() == b"head" + bytes(92) + b"tail"


def test_writes_that_go_in_parts_are_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, real = target(tmp_path), os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, offset: real(fd, data[:3], offset))
    made.write(memoryview(DATA[:50]), 10)
    assert tmp_path.joinpath("out.safetensors").read_bytes()[10:60] == DATA[:50]


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = target(tmp_path)

    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", fail)
    with pytest.raises(MachineFault, match=r"cannot write `.*out.safetensors`: No space left on device") as fault:
        made.write(memoryview(b"x"), 0)
    assert "make room" in str(fault.value.help)
    monkeypatch.setattr(os, "posix_fallocate", fail)
    with pytest.raises(MachineFault, match="No space left"):
        Target(str(tmp_path / "other"), b"", 10)


def test_nothing_that_exists_is_written_over(tmp_path: Path) -> None:
    tmp_path.joinpath("out.safetensors").write_text("mine")
    with pytest.raises(OSError, match="exists"):
        target(tmp_path)


@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize(("begin", "at", "count"), [(100, 500, 5000), (100, 4196, 9000), (100, 4196, 2), (3, 8, 0)])
def test_copies_are_whole_whether_pages_are_shared_or_not(
    shares: bool, begin: int, at: int, count: int, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def share(to: int, request: int, given: bytes) -> int:
        """What FICLONERANGE does, as ioctl_ficlonerange(2) has it."""
        source, offset, length, place = struct.unpack("=qQQQ", given)
        asked.append((offset % 4096, place % 4096, length % 4096))
        if not shares:
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")
        assert os.copy_file_range(source, to, length, offset, place) == length
        return 0

    monkeypatch.setattr(fcntl, "ioctl", share)
    monkeypatch.setattr(files, "PIECE_BYTES", 64)
    made = target(tmp_path, 16000)
    source = opened(path)
    for _ in range(2):
        made.copy_from(source, begin, at, count)
    assert tmp_path.joinpath("out.safetensors").read_bytes()[at : at + count] == DATA[begin : begin + count]
    whole_pages = (begin, count) == (100, 9000)
    assert asked == [(0, 0, 0)] * (0 if not whole_pages else 2 if shares else 1)


def test_a_copy_of_a_file_that_is_too_short_is_told(path: Path, tmp_path: Path) -> None:
    source = opened(path)
    os.truncate(path, 50)
    with pytest.raises(MachineFault, match="changed"):
        target(tmp_path).copy_from(source, 0, 10, 60)


def test_what_is_refused_leaves_no_file_open(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = os.listdir("/proc/self/fd")
    with pytest.raises(MachineFault):
        opened(path, 1)
    monkeypatch.setattr(os, "pwrite", fail)
    with pytest.raises(MachineFault):
        target(tmp_path)
    monkeypatch.setattr(os, "posix_fallocate", fail)
    with pytest.raises(MachineFault):
        Target(str(tmp_path / "other"), b"", 10)
    assert os.listdir("/proc/self/fd") == before

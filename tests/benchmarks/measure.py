"""Running commands as whole processes, and the machine that they ran on."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

WATCH_S = 0.3


class Failed(Exception):
    """A command that went wrong, and the end of what it said."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and the processes below it took.

    peak_bytes: the largest resident set of any of them or, where it is more, the most that they held together at the
    times they were looked at, pages that they share counted once. A process counts as at least as large as the one that
    starts it, so this one has to stay small.
    """

    wall_s: float
    user_s: float
    system_s: float
    peak_bytes: int

    @property
    def cpu_s(self) -> float:
        return self.user_s + self.system_s


@dataclass(frozen=True, slots=True)
class Machine:
    """What a result depends on beside the programs."""

    processor: str
    cores: int
    memory_bytes: int
    kernel: str
    file_system: str
    python: str
    torch: str
    load: float

    def __str__(self) -> str:
        gib = self.memory_bytes / 2**30
        return (
            f"{self.processor}, {self.cores} cores, {gib:.0f} GiB of memory, Linux {self.kernel}, {self.file_system}, "
            f"Python {self.python}, torch {self.torch}; load before the first run {self.load:.1f}"
        )


def run_measured(command: Sequence[str], env: Mapping[str, str] | None = None) -> Usage:
    """Run a command to its end. Raises Failed if it does not end well."""
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=env)
        with _watched(child.pid) as together:
            try:
                _, status, usage = os.wait4(child.pid, 0)
            except BaseException:
                child.terminate()
                child.wait()
                raise
            wall_s = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            text = said.read().decode(errors="replace")[-2000:]
            raise Failed(f"{' '.join(command)} left with {child.returncode}\n{text}")
    return Usage(wall_s, usage.ru_utime, usage.ru_stime, max(usage.ru_maxrss * 1024, *together))


@contextmanager
def _watched(pid: int) -> Iterator[list[int]]:
    """What a process with workers holds together with them, looked at from time to time; no others are disturbed."""
    found = [0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(WATCH_S):
            if children := _children(pid):
                found.append(sum(map(_share_bytes, (pid, *children))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _share_bytes(pid: int) -> int:
    """Memory of a process, pages that it shares with others divided among them."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def offline(**extra: str) -> dict[str, str]:
    """This process's environment, with nothing from the network, and byte code kept, as installed packages have it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "HF_HUB_OFFLINE": "1", **extra}


@contextmanager
def work_directory(given: str | None) -> Iterator[Path]:
    """The directory asked for, or a temporary one that is gone afterwards, also where the process is told to end."""
    before = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        if given is None:
            with tempfile.TemporaryDirectory(prefix="mergec-benchmark-") as made:
                yield Path(made)
        else:
            Path(given).mkdir(parents=True, exist_ok=True)
            yield Path(given).resolve()
    finally:
        signal.signal(signal.SIGTERM, before)


def machine(directory: Path) -> Machine:
    """This machine; the file system is that of a directory."""
    try:
        torch = version("torch")
    except PackageNotFoundError:
        torch = "none"
    return Machine(
        _processor(),
        len(os.sched_getaffinity(0)),
        os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        platform.release(),
        _file_system(directory.resolve()),
        platform.python_version(),
        torch,
        os.getloadavg()[0],
    )


def available_bytes() -> int:
    """Memory that is free or can be freed at once."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _file_system(directory: Path) -> str:
    """The type of the file system mounted nearest above a directory."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    above = [(place, kind) for place, kind in mounts if directory.is_relative_to(place)]
    return max(above, key=lambda mount: len(mount[0]), default=("/", "unknown"))[1]

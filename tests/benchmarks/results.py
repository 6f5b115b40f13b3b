"""Measurements of builds: as JSON, read back, and as a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.cases import Case
from tests.benchmarks.measure import Machine, Usage

COLUMNS = (
    *("shape", "method", "inputs", "on disk", "mergec s", "from–to", "less start", "CPU s", "peak MB"),
    *("copy s", "mergec/copy", "less start/copy", "mergekit s", "peak MB", "mergekit/mergec"),
)
NOTES = """\
- on disk: whether both wait for the disk (`--sync`, fsync) or leave that to the system (`--no-sync`)
- mergec, mergekit: the whole process, from start to exit; from–to: its fastest and its slowest run
- CPU: seconds of user and system; peak MB: largest resident set, torch and its libraries included
- less start: without what importing torch and leaving at once took in the same round; all else of mergec is in it
- copy: all inputs read once (`cat`), one of them copied (`cp`); for a method of one input, `cp` alone
- ratios: medians of the ratios in each round; mergekit does not wait for the disk
"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One command's runs, in the order of the rounds. fits: inputs and output fit into memory together."""

    shape: str
    method: str
    program: str
    sync: bool
    fits: bool
    models: int
    input_bytes: int
    output_bytes: int
    usages: tuple[Usage, ...]

    @staticmethod
    def of(case: Case, program: str, sync: bool, fits: bool, usages: Sequence[Usage]) -> Measurement:
        """What a command did with a case."""
        sizes = case.input_bytes, case.output_bytes
        return Measurement(case.shape, case.method, program, sync, fits, len(case.models), *sizes, tuple(usages))

    def median(self, figure: Callable[[Usage], float]) -> float:
        return median(map(figure, self.usages))


def as_json(machine: Machine, measurements: Iterable[Measurement]) -> str:
    """Every single run, so that any figure can be taken from it."""
    document = {"version": 1, "machine": asdict(machine), "measurements": [asdict(m) for m in measurements]}
    return json.dumps(document, indent=1) + "\n"


def read_json(path: Path) -> tuple[Machine, tuple[Measurement, ...]]:
    """What `as_json` has written."""
    document = json.loads(path.read_text())
    return Machine(**document["machine"]), tuple(map(_measurement, document["measurements"]))


def _measurement(fields: dict[str, Any]) -> Measurement:
    return Measurement(**{**fields, "usages": tuple(Usage(**usage) for usage in fields["usages"])})


def find(measurements: Iterable[Measurement], like: Measurement, program: str, sync: bool) -> Measurement | None:
    """Another program's measurement of the same case."""
    wanted = like.shape, like.method, program, sync
    return next((m for m in measurements if (m.shape, m.method, m.program, m.sync) == wanted), None)


def as_text(machine: Machine, measurements: Sequence[Measurement]) -> str:
    """The machine, and a table in Markdown."""
    rows = [_row(m, measurements) for m in measurements if m.program == "mergec"]
    alignment = ("---", "---", "--:", "---", *["--:"] * (len(COLUMNS) - 4))
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in (COLUMNS, alignment, *rows))
    larger = sorted({m.shape for m in measurements if not m.fits})
    note = f"- {', '.join(larger)}: larger than memory, so read from the disk\n" if larger else ""
    return f"{machine}\n\n{table}\n\n{NOTES}{note}"


def _row(m: Measurement, measurements: Sequence[Measurement]) -> tuple[str, ...]:
    start, copy = find(measurements, m, "start", False), find(measurements, m, "copy", m.sync)
    mergekit = find(measurements, m, "mergekit", False)
    assert start is not None
    assert copy is not None
    walls, copies = walls_of(m), walls_of(copy)
    own = [wall - begun for wall, begun in zip(walls, walls_of(start), strict=True)]
    return (
        *(m.shape, m.method, str(m.models), "yes" if m.sync else "no"),
        f"{median(walls):.2f}",
        f"{min(walls):.2f}–{max(walls):.2f}",
        f"{median(own):.2f}",
        f"{m.median(lambda u: u.cpu_s):.2f}",
        _megabytes(m),
        f"{median(copies):.2f}",
        _ratio(walls, copies),
        _ratio(own, copies),
        f"{median(walls_of(mergekit)):.1f}" if mergekit else "–",
        _megabytes(mergekit) if mergekit else "–",
        _ratio(walls_of(mergekit), walls) if mergekit else "–",
    )


def walls_of(measurement: Measurement) -> list[float]:
    """Seconds on the wall of each run."""
    return [usage.wall_s for usage in measurement.usages]


def _megabytes(measurement: Measurement) -> str:
    return f"{measurement.median(lambda usage: usage.peak_bytes) / 1e6:.0f}"


def _ratio(one: Sequence[float], other: Sequence[float]) -> str:
    """The median over the rounds that both took part in."""
    return f"{median(a / b for a, b in zip(one, other, strict=False)):.2f}"

"""The drawing: which points it shows, and that it is the same each time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks.measure import Machine, Usage
from tests.benchmarks.plot import lines_of, main, names_of
from tests.benchmarks.results import Measurement, as_json

HERE = Machine("a processor", 2, 8 << 30, "6.1", "ext4", "3.11.7", "2.13.0", 0.25)


def measured(program: str, shape: str, size: int, sync: bool, *walls: float) -> Measurement:
    usages = tuple(Usage(wall, 0.5, 0.25, 10**8) for wall in walls)
    return Measurement(shape, "slerp", program, sync, True, 2, 2 * size, size, usages)


RESULTS = [
    measured("mergec", "large", 10**10, False, 10.0, 12.0, 14.0),
    measured("mergec", "small", 10**8, False, 1.0),
    measured("mergec", "small", 10**8, True, 2.0),
    measured("copy", "small", 10**8, False, 0.5),
    measured("copy", "small", 10**8, True, 0.75),
    measured("mergekit", "small", 10**8, False, 9.0),
]


def test_lines_hold_medians_by_size() -> None:
    lines = {line.label: line.points for line in lines_of(RESULTS, sync=False)}
    assert list(lines.values()) == [((10**8, 9.0),), ((10**8, 1.0), (10**10, 12.0)), ((10**8, 0.5),)]
    assert [line.points for line in lines_of(RESULTS, sync=True)] == [
        ((10**8, 9.0),),
        ((10**8, 2.0),),
        ((10**8, 0.75),),
    ]
    assert names_of(RESULTS) == {10**8: "small", 10**10: "large"}


def test_the_same_results_give_the_same_drawing(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    other = replace(RESULTS[0], method="linear", output_bytes=123)
    (tmp_path / "results.json").write_text(as_json(HERE, [*RESULTS, other]))
    for name in ("one.svg", "two.svg"):
        main([str(tmp_path / "results.json"), "-o", str(tmp_path / name)])
    one, two = ((tmp_path / name).read_text() for name in ("one.svg", "two.svg"))
    assert one == two
    assert all(text in one for text in ("small", "large", "mergekit", "10 GB", "0.1 GB"))

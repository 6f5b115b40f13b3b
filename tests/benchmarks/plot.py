"""Draw the seconds of builds over the bytes of their output, on logarithmic axes, from the JSON of `build`.

    python -m tests.benchmarks.plot RESULTS.json -o docs/performance.svg [--method slerp] [--sync yes|no]

Needs matplotlib: `pip install mergec[plot]`. The same results and version of matplotlib give the same file.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.results import Measurement, read_json

STYLES = (
    ("mergekit", "mergekit", "#b0552f", "^"),
    ("mergec", "mergec", "#1f5f99", "o"),
    ("copy", "inputs read, output copied (cat, cp)", "#666666", "s"),
)
FIXED = {"svg.hashsalt": "mergec", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10}


@dataclass(frozen=True, slots=True)
class Line:
    """A program's points, the smallest output first: bytes and median seconds."""

    label: str
    colour: str
    marker: str
    points: tuple[tuple[int, float], ...]


def main(arguments: list[str] | None = None) -> None:
    """Read results, write a drawing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results")
    parser.add_argument("-o", "--output", required=True, metavar="FILE")
    parser.add_argument("--method", default="slerp")
    parser.add_argument("--sync", choices=("yes", "no"), default="no")
    options = parser.parse_args(arguments)
    _, measurements = read_json(Path(options.results))
    chosen = [m for m in measurements if m.method == options.method]
    draw(tuple(lines_of(chosen, options.sync == "yes")), names_of(chosen), Path(options.output))


def lines_of(measurements: Sequence[Measurement], sync: bool) -> Iterator[Line]:
    """One line for each program that was measured; mergekit never waits for the disk."""
    for program, label, colour, marker in STYLES:
        own = [m for m in measurements if m.program == program and m.sync == (sync and program != "mergekit")]
        points = sorted((m.output_bytes, m.median(lambda usage: usage.wall_s)) for m in own)
        if points:
            yield Line(label, colour, marker, tuple(points))


def names_of(measurements: Iterable[Measurement]) -> dict[int, str]:
    """The shapes, by their bytes."""
    return {m.output_bytes: m.shape for m in measurements}


def draw(lines: Sequence[Line], names: dict[int, str], path: Path) -> None:
    """Write the drawing as SVG."""
    import matplotlib

    with matplotlib.rc_context(FIXED):
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 4.4), layout="constrained")
        FigureCanvasSVG(figure)
        _fill(figure.add_subplot(), lines, names)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def _fill(axes: Any, lines: Sequence[Line], names: dict[int, str]) -> None:
    for line in lines:
        sizes, seconds = zip(*line.points, strict=True)
        axes.loglog(sizes, seconds, color=line.colour, marker=line.marker, markersize=5, label=line.label)
    axes.set_xticks(list(names), [f"{name}\n{size / 1e9:.2g} GB" for size, name in names.items()])
    axes.set_xticks([], minor=True)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("output")
    axes.set_ylabel("seconds, whole process")
    axes.grid(True, which="major", color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)


if __name__ == "__main__":
    main()

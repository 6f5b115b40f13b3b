"""The t-map: one row per kind of tensor, one cell per layer, as high and as warm as the parameter's value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby, pairwise

from mergec.core.anatomy import Position
from mergec.core.style import Style
from mergec.core.units import number_text
from mergec.plan.explain.kinds import Kind, Shade, folded
from mergec.plan.explain.labels import method_text

BARS = "▁▂▃▄▅▆▇█"
BARS_ASCII = ".:-=+*#@"
NOTHING = "·"
WIDEST_CELL = 4
ROUNDING = 1e-9
"""Values that differ by less, as after arithmetic, get one bar."""

COLOURS = (27, 33, 38, 43, 78, 142, 178, 208)
"""Of the terminal's 256, from cold to warm, one per bar."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Which values are the lowest and the highest bar."""

    low: float
    high: float

    def level(self, value: float) -> int:
        """The bar of a value: 0 to 7."""
        if self.high == self.low:
            return 0 if self.high == 0 else 3
        share = (value - self.low) / (self.high - self.low)
        return int(min(1.0, max(0.0, share)) * (len(BARS) - 1) + 0.5 + ROUNDING)


@dataclass(frozen=True, slots=True)
class Grid:
    """The columns of a map: its labels, one layer, and all layers; more layers than columns share them."""

    label: int
    cell: int
    room: int
    layers: int

    @property
    def columns(self) -> int:
        return min(self.room, self.layers * self.cell)

    @staticmethod
    def fit(labels: list[str], layers: int, width: int) -> Grid:
        """The widest cells that `width` has room for."""
        label = min(max(map(len, labels), default=0), max(16, width // 3))
        room = max(8, width - label - 22)
        return Grid(label, max(1, min(WIDEST_CELL, room // max(1, layers))), room, max(1, layers))


@dataclass(frozen=True, slots=True)
class MapRow:
    """A row of a map. cells: one value per layer, None where there is none; one cell outside the layers.

    said: what stands at its end, the least and greatest value and what stands in for another method.
    """

    label: str
    position: Position
    stack: str
    cells: tuple[float | None, ...]
    said: str


def scale_of(kinds: tuple[Kind, ...], shades: tuple[Shade, ...]) -> Scale:
    """The scale that maps of one parameter share: from 0, or what is usual for it, to the largest value."""
    values = [v for shade in shades for k in kinds for a in k.members if (v := shade.of(a)) is not None]
    low, high = shades[0].param.usual or (0.0, 0.0)
    return Scale(min(low, *values), max(high, *values))


def map_rows(kinds: tuple[Kind, ...], shade: Shade) -> Iterable[MapRow]:
    """The rows of the map of one parameter."""
    for label, group in _alike(folded(kinds, shade), shade):
        cells, values = _cells(group, shade)
        said = "  ".join((_range(values), *_standing_in(group)))
        yield MapRow(label, group[0].position, group[0].stack, cells, said)


def tmap_lines(rows: tuple[MapRow, ...], scale: Scale, title: str, style: Style) -> Iterable[str]:
    """The map of one parameter, a block per stack of layers."""
    layers = [len(r.cells) for r in rows if r.position is Position.LAYER]
    grid = Grid.fit([r.label for r in rows], max(layers, default=0), style.width)
    yield style.bold(title)
    stack = None
    for row in rows:
        if row.position is Position.LAYER and row.stack != stack:
            stack = row.stack
            yield style.dim(_axis(stack, len(row.cells), grid))
        drawn, length = _drawn(row, scale, grid, style)
        padding = " " * (grid.columns - length)
        yield f"  {_fit(row.label, grid.label)}  {drawn}{padding}  {style.dim(row.said)}".rstrip()


def _alike(rows: tuple[tuple[str, tuple[Kind, ...]], ...], shade: Shade) -> Iterable[tuple[str, tuple[Kind, ...]]]:
    """The rows, those of a stack as one where every kind of tensor has the same values."""
    stacks: dict[tuple[Position, str], list[tuple[str, tuple[Kind, ...]]]] = {}
    for label, group in rows:
        stacks.setdefault((group[0].position, group[0].stack), []).append((label, group))
    for (_, stack), found in stacks.items():
        profiles = {_profile(kind, shade) for _, group in found for kind in group}
        if stack and len(found) > 1 and len(profiles) == 1:
            yield f"{stack}*", tuple(kind for _, group in found for kind in group)
        else:
            yield from found


def _profile(kind: Kind, shade: Shade) -> tuple[tuple[object, ...], ...]:
    return tuple(dict.fromkeys((a.place.layer, shade.of(a), a.fallback_of) for a in kind.members))


def _standing_in(group: tuple[Kind, ...]) -> Iterable[str]:
    """The methods of a row that stand in for others."""
    return dict.fromkeys(method_text(a) for k in group for a in k.members if a.fallback_of is not None)


def _axis(stack: str, layers: int, grid: Grid) -> str:
    columns = min(grid.room, layers * grid.cell)
    last = str(layers - 1)
    ruler = "0" + last.rjust(columns - 1) if columns > len(last) else "0"
    return f"  {_fit(stack + 'N', grid.label)}  {ruler}"


def _cells(group: tuple[Kind, ...], shade: Shade) -> tuple[tuple[float | None, ...], list[float]]:
    """The mean value of each layer, and all values."""
    by_layer: dict[int, list[float]] = {}
    for kind in group:
        for assignment in kind.members:
            value = shade.of(assignment)
            if value is not None:
                by_layer.setdefault(assignment.place.layer or 0, []).append(value)
    count = group[0].layers if group[0].position is Position.LAYER else 1
    return tuple(_mean(by_layer.get(i)) for i in range(count)), [v for found in by_layer.values() for v in found]


def _drawn(row: MapRow, scale: Scale, grid: Grid, style: Style) -> tuple[str, int]:
    """The cells of a row, and their number of columns."""
    cells = list(row.cells)
    if row.position is not Position.LAYER:
        return "".join(_painted(cells, scale, style)), 1
    columns = _binned(cells, grid.room) if len(cells) > grid.room else [c for c in cells for _ in range(grid.cell)]
    return "".join(_painted(columns, scale, style)), len(columns)


def _mean(values: list[float] | None) -> float | None:
    return sum(values) / len(values) if values else None


def _binned(cells: list[float | None], room: int) -> list[float | None]:
    """As many columns as there is room for, each the mean of the layers that fall into it."""
    edges = [round(i * len(cells) / room) for i in range(room + 1)]
    bins = ([c for c in cells[a:b] if c is not None] for a, b in pairwise(edges))
    return [_mean(b) for b in bins]


def _painted(columns: list[float | None], scale: Scale, style: Style) -> Iterable[str]:
    bars = BARS if style.unicode else BARS_ASCII
    for level, run in groupby(None if c is None else scale.level(c) for c in columns):
        length = len(list(run))
        if level is None:
            yield style.dim((NOTHING if style.unicode else " ") * length)
        else:
            yield style.paint(bars[level] * length, f"38;5;{COLOURS[level]}")


def _range(values: list[float]) -> str:
    if not values:
        return ""
    low, high = min(values), max(values)
    return number_text(low) if low == high else f"{number_text(low)} to {number_text(high)}"


def _fit(text: str, width: int) -> str:
    """The text in exactly that many columns; of one that is too long, the end."""
    return text.ljust(width) if len(text) <= width else "…" + text[len(text) - width + 1 :]

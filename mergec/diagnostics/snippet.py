"""One source line with marks under it, as rows of styled text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate

from mergec.diagnostics.visible import glyph, visible


class Style(Enum):
    """What a run of characters is; the renderer decides how that looks."""

    PLAIN = "plain"
    PRIMARY = "primary"
    SECONDARY = "secondary"


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of a line to point at: characters from `start`, counted from 0, up to `end`, at least one column wide."""

    start: int
    end: int
    text: str
    primary: bool

    @property
    def style(self) -> Style:
        return Style.PRIMARY if self.primary else Style.SECONDARY


Row = list[tuple[str, Style]]
"""Runs of text, left to right."""


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a line that fits: what is shown, and where each of its characters begins."""

    text: str
    first: int
    columns: tuple[int, ...]

    def column(self, index: int) -> int:
        """The column of a character of the line; one that was cut off lies at the edge."""
        return self.columns[min(max(index - self.first, 0), len(self.columns) - 1)] if index >= self.first else 0


def rows(line: str, marks: Sequence[Mark], room: int) -> tuple[str, list[Row]]:
    """The line as shown in `room` columns, cut around the primary mark, and the rows of marks under it."""
    focus = min(marks, key=lambda mark: (not mark.primary, mark.start))
    window = _window(line, focus, room)
    placed = [_place(mark, window) for mark in sorted(marks, key=lambda mark: mark.start)]
    return window.text, _mark_rows(placed)


def _place(mark: Mark, window: Window) -> Mark:
    start = window.column(mark.start)
    return Mark(start, max(window.column(mark.end), start + 1), visible(mark.text), mark.primary)


def _window(line: str, focus: Mark, room: int) -> Window:
    """The widest part of `line` around the focus; only as much of it is looked at as could be shown."""
    if len(line) <= room and sum(glyph(c)[1] for c in line) <= room:
        return _cut(line, 0, room)
    if focus.end <= room and sum(glyph(c)[1] for c in line[: focus.end]) < room:
        return _cut(line, 0, room - 1)
    first, left = min(focus.start, len(line)), room // 3
    while first > 0 and left >= 0:
        first -= 1
        left -= glyph(line[first])[1]
    return _cut(line, first, room - 2)


def _cut(line: str, first: int, room: int) -> Window:
    glyphs = [glyph(character) for character in line[first : first + room]]
    ends = list(accumulate(width for _, width in glyphs))
    kept = sum(end <= room for end in ends)
    before = "…" if first > 0 else ""
    after = "…" if first + kept < len(line) else ""
    columns = tuple(len(before) + end for end in [0, *ends[:kept]])
    return Window(before + "".join(shown for shown, _ in glyphs[:kept]) + after, first, columns)


def _mark_rows(marks: Sequence[Mark]) -> list[Row]:
    """Carets and dashes, the last mark's text beside them, the other texts below, hung from their marks."""
    last = marks[-1]
    alone = all(mark.start < last.start and mark.end <= last.end for mark in marks[:-1])
    hanging = [mark for mark in marks if mark.text and not (alone and mark is last)]
    row = _underline(marks)
    if alone and last.text:
        row.append((" " + last.text, last.style))
    result = [row, _bars(hanging)] if hanging else [row]
    while hanging:
        mark = hanging.pop()
        bars = _bars([other for other in hanging if other.start < mark.start])
        gap = mark.start - sum(len(text) for text, _ in bars)
        result.append([*bars, (" " * gap, Style.PLAIN), (mark.text, mark.style)])
    return result


def _underline(marks: Sequence[Mark]) -> Row:
    styles = [Style.PLAIN] * max(mark.end for mark in marks)
    for mark in sorted(marks, key=lambda mark: mark.primary):
        styles[mark.start : mark.end] = [mark.style] * (mark.end - mark.start)
    signs = {Style.PLAIN: " ", Style.PRIMARY: "^", Style.SECONDARY: "-"}
    return [(signs[style], style) for style in styles]


def _bars(marks: Sequence[Mark]) -> Row:
    """A `|` under the start of each mark; `marks` are sorted by start."""
    row: Row = []
    column = 0
    for mark in marks:
        if mark.start >= column:
            row += [(" " * (mark.start - column), Style.PLAIN), ("|", mark.style)]
            column = mark.start + 1
    return row

"""Offsets in a text as the positions of the Language Server Protocol, and back."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from lsprotocol.types import Position, PositionEncodingKind, Range

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a text. Offsets are in code points; columns in the units that the client asked for.

    encoding: `utf-16` unless the client and the server agreed on another.
    """

    text: str
    encoding: str = PositionEncodingKind.Utf16.value
    starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = (0, *(m.end() for m in _LINE_BREAK.finditer(self.text)))
        object.__setattr__(self, "starts", starts)

    def position(self, offset: int) -> Position:
        """Line and column of an offset, both counted from 0."""
        line = bisect_right(self.starts, offset) - 1
        return Position(line, self._units(self.text[self.starts[line] : offset]))

    def range(self, start: int, end: int) -> Range:
        """A half-open range of offsets."""
        return Range(self.position(start), self.position(end))

    def offset(self, position: Position) -> int:
        """The offset of a position; the nearest one for a position behind the end of its line or of the text."""
        if position.line >= len(self.starts):
            return len(self.text)
        start = self.starts[position.line]
        left = position.character
        for i in range(start, self._end(position.line)):
            if left <= 0:
                return i
            left -= self._units(self.text[i])
        return self._end(position.line)

    def _end(self, line: int) -> int:
        """Where a line ends, its break not counted."""
        if line + 1 == len(self.starts):
            return len(self.text)
        end = self.starts[line + 1]
        return end - (2 if self.text[end - 2 : end] == "\r\n" else 1)

    def _units(self, text: str) -> int:
        if self.encoding == PositionEncodingKind.Utf32 or text.isascii():
            return len(text)
        if self.encoding == PositionEncodingKind.Utf8:
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text) + sum(1 for character in text if character > "\uffff")

"""Diagnostics as text for a terminal, in the manner of rustc."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mergec.diagnostics.diagnostic import Diagnostic, Label, Severity
from mergec.diagnostics.snippet import Mark, Row, Style, rows
from mergec.diagnostics.source import Source, Span
from mergec.diagnostics.visible import visible

_LEAST_ROOM = 20
_BOLD = "1"
_BLUE = "1;34"
_COLOURS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33"}


def render_text(diagnostics: tuple[Diagnostic, ...], *, colour: bool = False, width: int = 100) -> str:
    """All `diagnostics` in their order, a blank line between; source lines are cut to `width` columns.

    colour: with ANSI codes. Control characters in what the user wrote are shown, not sent.
    """
    return "\n\n".join("\n".join(_Renderer(d, colour, width).lines()) for d in diagnostics)


def summarise(diagnostics: tuple[Diagnostic, ...]) -> str:
    """How many there are: `2 errors and 1 warning`."""
    errors = sum(d.severity is Severity.ERROR for d in diagnostics)
    counts = [_count(errors, "error"), _count(len(diagnostics) - errors, "warning")]
    return " and ".join(filter(None, counts)) or "no errors"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}" if number else ""


@dataclass(frozen=True, slots=True)
class _Renderer:
    diagnostic: Diagnostic
    colour: bool
    width: int

    def lines(self) -> Iterator[str]:
        severity = self.diagnostic.severity
        title = self._paint(f"{severity.value}[{self.diagnostic.code.value}]", _COLOURS[severity])
        yield title + self._paint(f": {visible(self.diagnostic.message)}", _BOLD)
        margin = self._margin()
        for place, source in enumerate(_sources(self.diagnostic.labels)):
            yield from self._source_lines(source, "-->" if place == 0 else ":::", margin)
        for note in self.diagnostic.notes:
            yield from self._remark("note", note, margin)
        if self.diagnostic.help:
            yield from self._remark("help", self.diagnostic.help, margin)

    def _margin(self) -> int:
        """Digits of the largest line number shown."""
        lines = [_last_line(label.span) for label in self.diagnostic.labels if label.span.source.text]
        return len(str(max(lines, default=1)))

    def _source_lines(self, source: Source, arrow: str, margin: int) -> Iterator[str]:
        labels = [label for label in self.diagnostic.labels if label.span.source is source]
        span = labels[0].span
        yield f"{' ' * margin}{self._paint(arrow, _BLUE)} {visible(source.name)}:{span.line}:{span.column}"
        if not source.text:
            return
        yield self._gutter("", margin)
        marks = self._marks(labels)
        previous = None
        for number in sorted(marks):
            if previous is not None and number > previous + 2:
                yield self._paint("...", _BLUE)
            elif previous is not None and number == previous + 2:
                yield self._between(source.line(previous + 1), previous + 1, margin)
            yield from self._marked_line(source.line(number), number, marks[number], margin)
            previous = number

    def _marks(self, labels: Sequence[Label]) -> dict[int, list[Mark]]:
        """The marks of each line, by its number."""
        marks: dict[int, list[Mark]] = {}
        for label in labels:
            for number, mark in _marks_of(label, primary=label is self.diagnostic.labels[0]):
                marks.setdefault(number, []).append(mark)
        return marks

    def _marked_line(self, line: str, number: int, marks: Sequence[Mark], margin: int) -> Iterator[str]:
        shown, below = rows(line.rstrip(), marks, self._room(margin))
        yield self._gutter(str(number), margin, shown)
        for row in below:
            yield self._gutter("", margin, self._paint_row(row))

    def _between(self, line: str, number: int, margin: int) -> str:
        shown, _ = rows(line.rstrip(), [Mark(0, 0, "", False)], self._room(margin))
        return self._gutter(str(number), margin, shown)

    def _room(self, margin: int) -> int:
        return max(self.width - margin - 3, _LEAST_ROOM)

    def _gutter(self, number: str, margin: int, text: str = "") -> str:
        return self._paint(f"{number:{margin}} |", _BLUE) + (f" {text}" if text else "")

    def _remark(self, kind: str, text: str, margin: int) -> Iterator[str]:
        first, *others = [visible(line) for line in text.split("\n")]
        yield f"{' ' * margin} {self._paint('=', _BLUE)} {self._paint(kind, _BOLD)}: {first}"
        indent = " " * (margin + 5 + len(kind))
        yield from (indent + line for line in others)

    def _paint_row(self, row: Row) -> str:
        codes = {Style.PRIMARY: _COLOURS[self.diagnostic.severity], Style.SECONDARY: _BLUE, Style.PLAIN: ""}
        runs: list[tuple[str, Style]] = []
        for text, style in row:
            if runs and runs[-1][1] is style:
                runs[-1] = (runs[-1][0] + text, style)
            else:
                runs.append((text, style))
        return "".join(self._paint(text, codes[style]) for text, style in runs)

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code else text


def _sources(labels: Sequence[Label]) -> list[Source]:
    """Each source once, that of the primary label first."""
    found: list[Source] = []
    for label in labels:
        if not any(label.span.source is source for source in found):
            found.append(label.span.source)
    return found


def _last_line(span: Span) -> int:
    return span.source.place(min(max(span.start, span.end - 1), len(span.source.text)))[0]


def _marks_of(label: Label, *, primary: bool) -> Iterator[tuple[int, Mark]]:
    """The marks of a label, each with its line: on the first and the last where it runs over several."""
    span = label.span
    first, last = span.line, _last_line(span)
    start = span.column - 1
    if first == last:
        yield first, Mark(start, start + span.end - span.start, label.text, primary)
        return
    end = span.end - span.source.line_starts[last - 1]
    yield first, Mark(start, len(span.source.line(first).rstrip()), "", primary)
    line = span.source.line(last)
    yield last, Mark(min(len(line) - len(line.lstrip()), end - 1), end, label.text, primary)

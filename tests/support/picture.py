"""A terminal's text as an SVG picture that looks the same whatever fonts there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape

from mergec.plan.explain.tmap import BARS

COLUMN, ROW, MARGIN = 8.4, 18, 14
INK, DIM, GROUND = "#d6dbe0", "#7f8a94", "#14181d"
_CODE = re.compile(r"\x1b\[([0-9;]*)m")
_STEPS = (0, 95, 135, 175, 215, 255)


def svg_of(text: str, title: str) -> str:
    """The picture of text with ANSI codes for bold, dim and colours of the terminal's 256."""
    lines = text.splitlines()
    columns = max(len(_CODE.sub("", line)) for line in lines)
    width, height = round(columns * COLUMN + 2 * MARGIN), len(lines) * ROW + 2 * MARGIN
    drawn = "\n".join(part for i, line in enumerate(lines) for part in _line(line, MARGIN + i * ROW))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{width}" height="{height}" rx="6" fill="{GROUND}"/>\n'
        '<g font-family="ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="14" xml:space="preserve">\n'
        f"{drawn}\n</g>\n</svg>\n"
    )


def _line(line: str, top: int) -> Iterator[str]:
    column, code = 0, ""
    for i, part in enumerate(_CODE.split(line)):
        if i % 2:
            code = "" if part == "0" else part
        elif part:
            for run in re.findall(rf"[{BARS}]+|[^ {BARS}]+(?: [^ {BARS}]+)*| +", part):
                yield from _run(run, column, top, code)
                column += len(run)


def _run(run: str, column: int, top: int, code: str) -> Iterator[str]:
    left, width = MARGIN + column * COLUMN, len(run) * COLUMN
    if run[0] in BARS:
        for i, bar in enumerate(run):
            high = (BARS.index(bar) + 1) * (ROW - 3) / len(BARS)
            x = f'x="{left + i * COLUMN:.1f}" y="{top + ROW - 1 - high:.1f}"'
            yield f'<rect {x} width="{COLUMN - 0.6:.1f}" height="{high:.1f}" fill="{_colour(code)}"/>'
    elif run.strip():
        bold = ' font-weight="bold"' if code == "1" else ""
        place = f'x="{left:.1f}" y="{top + ROW - 5}" textLength="{width:.1f}"'
        yield f'<text {place} fill="{_colour(code)}"{bold}>{escape(run)}</text>'


def _colour(code: str) -> str:
    if not code.startswith("38;5;"):
        return DIM if code == "2" else INK
    number = int(code.removeprefix("38;5;")) - 16
    red, green, blue = (_STEPS[number // place % 6] for place in (36, 6, 1))
    return f"#{red:02x}{green:02x}{blue:02x}"

"""Streams: results on standard output, everything else on standard error, colours on terminals only."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from io import FileIO, TextIOWrapper
from typing import TextIO

from mergec.core.style import Style
from mergec.diagnostics import Diagnostic, Report, Severity

NARROWEST = 60


def prepare_streams() -> None:
    """Let any text be written to any stream: names that cannot be encoded are escaped, what is closed swallows all."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.stdout = sys.stdout or TextIOWrapper(FileIO(os.devnull, "w"), encoding="utf-8")
    sys.stderr = sys.stderr or TextIOWrapper(FileIO(os.devnull, "w"), encoding="utf-8")


def has_colour(stream: TextIO) -> bool:
    """Whether to colour what goes to a stream: NO_COLOR and FORCE_COLOR first, then whether it is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def style_of(stream: TextIO) -> Style:
    """How to draw on a stream; what is not a terminal has 100 columns."""
    width = shutil.get_terminal_size((100, 24)).columns if stream.isatty() or "COLUMNS" in os.environ else 100
    encoding = (stream.encoding or "ascii").lower().replace("-", "")
    return Style(max(NARROWEST, width), has_colour(stream), encoding.startswith("utf"))


def write_result(text: str, output: str | None = None) -> None:
    """Print a result, or write it to a file."""
    if output is None or output == "-":
        sys.stdout.write(text + "\n" if text else "")
        sys.stdout.flush()
        return
    with open(output, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text + "\n")


def say(text: str) -> None:
    """Tell the person at the terminal something that is not a result."""
    sys.stderr.write(text + "\n")


def in_order(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Findings in the order of the places they are about, those that have none first."""
    return tuple(sorted(found, key=lambda d: (d.span.source.name, d.span.start) if d.span else ("", -1)))


def show_report(report: Report, quiet: bool = False) -> None:
    """Show what was found, and how much of it. Quiet leaves warnings out."""
    found = in_order(d for d in report.diagnostics if not quiet or d.severity is Severity.ERROR)
    if not found:
        return
    from mergec.diagnostics.render_text import render_text, summarise

    style = style_of(sys.stderr)
    say(render_text(found, colour=style.colour, width=style.width))
    say("")
    say(summarise(found))

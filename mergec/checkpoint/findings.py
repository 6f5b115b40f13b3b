"""Problems of one model folder, told under its label."""

from __future__ import annotations

from collections.abc import Sequence

from mergec.core.folder import Folder
from mergec.diagnostics import Code, Report, Span

_MOST = 10


class Findings:
    """Passes findings on to a report, and remembers whether one of them was an error."""

    def __init__(self, folder: Folder, report: Report, span: Span | None) -> None:
        self.label = folder.label
        self.failed = False
        self._report = report
        self._span = span

    def error(self, code: Code, text: str, help: str | None = None) -> None:
        self.failed = True
        self._report.error(code, f"{self.label}: {text}", self._span, help=help)

    def warn(self, code: Code, text: str, help: str | None = None) -> None:
        self._report.warn(code, f"{self.label}: {text}", self._span, help=help)


def listed(items: Sequence[str]) -> str:
    """The items, and how many more there are where they are many."""
    more = len(items) - _MOST
    return ", ".join(items[:_MOST]) + (f" and {more} more" if more > 0 else "")

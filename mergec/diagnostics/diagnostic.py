"""What mergec says when something is wrong with a recipe or an input."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mergec.diagnostics.codes import Code
from mergec.diagnostics.source import Span


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what is to be said of it. The first label of a diagnostic is the primary one."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a headline, the places it is about, and the way out.

    `message` is one line that stands alone; `help` says what to do; `notes` give facts.
    """

    code: Code
    message: str
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    severity: Severity = Severity.ERROR

    @property
    def span(self) -> Span | None:
        return self.labels[0].span if self.labels else None

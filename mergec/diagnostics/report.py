"""Collecting findings, and the exceptions that carry them past a stage."""

from __future__ import annotations

from mergec.diagnostics.codes import Code
from mergec.diagnostics.diagnostic import Diagnostic, Label, Severity
from mergec.diagnostics.source import Span


class RecipeError(Exception):
    """The recipe or an input is wrong; `diagnostics` say how. Never shown as a traceback."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("; ".join(d.message for d in diagnostics))
        self.diagnostics = diagnostics


class MachineFault(Exception):
    """The machine refuses: disk, memory, permission, network. `help` says what to do."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


class OutputConflict(MachineFault):
    """The output exists already, or another build is making it."""


class CheckFailed(Exception):
    """A check on values failed, for example a result that is not finite."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


class Report:
    """The findings of a run, in the order found. A stage adds all it can, then calls `stop_if_failed`."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []

    def add(self, diagnostic: Diagnostic) -> None:
        """Record a finding; the same finding twice counts once."""
        if diagnostic not in self._found:
            self._found.append(diagnostic)

    def error(
        self,
        code: Code,
        message: str,
        span: Span | None = None,
        label: str = "",
        *,
        help: str | None = None,
        notes: tuple[str, ...] = (),
        also: tuple[Label, ...] = (),
    ) -> None:
        labels = ((Label(span, label),) if span is not None else ()) + also
        self.add(Diagnostic(code, message, labels, notes, help))

    def warn(
        self,
        code: Code,
        message: str,
        span: Span | None = None,
        label: str = "",
        *,
        help: str | None = None,
        notes: tuple[str, ...] = (),
        also: tuple[Label, ...] = (),
    ) -> None:
        labels = ((Label(span, label),) if span is not None else ()) + also
        self.add(Diagnostic(code, message, labels, notes, help, Severity.WARNING))

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return tuple(self._found)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self._found if d.severity is Severity.WARNING)

    @property
    def failed(self) -> bool:
        return any(d.severity is Severity.ERROR for d in self._found)

    def forget(self) -> None:
        """Drop the findings so far, once they have been shown."""
        self._found.clear()

    def stop_if_failed(self) -> None:
        """Raise `RecipeError` with all findings if one of them is an error."""
        if self.failed:
            raise RecipeError(self.diagnostics)


class InternalError(Exception):
    """mergec is wrong: an invariant of its own does not hold."""

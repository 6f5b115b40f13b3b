"""Sources, spans and diagnostics: what mergec says and where it points."""

from mergec.diagnostics.codes import Code
from mergec.diagnostics.diagnostic import Diagnostic, Label, Severity
from mergec.diagnostics.report import (
    CheckFailed,
    MachineFault,
    OutputConflict,
    RecipeError,
    Report,
)
from mergec.diagnostics.source import Source, Span

__all__ = [
    "CheckFailed",
    "Code",
    "Diagnostic",
    "Label",
    "MachineFault",
    "OutputConflict",
    "RecipeError",
    "Report",
    "Severity",
    "Source",
    "Span",
]

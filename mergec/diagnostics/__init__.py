"""Sources, spans and diagnostics: what mergec says and where it points."""

from mergec.diagnostics.codes import Code
from mergec.diagnostics.diagnostic import Diagnostic, Label, Severity
from mergec.diagnostics.report import (
    CheckFailed,
    InternalError,
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
    "InternalError",
    "Label",
    "MachineFault",
    "OutputConflict",
    "RecipeError",
    "Report",
    "Severity",
    "Source",
    "Span",
]

"""Reading a recipe together with the files it includes."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field

from mergec.core.suggest import nearest
from mergec.diagnostics import Code, Label, Report, Source, Span
from mergec.syntax import parse
from mergec.syntax.tree import Document, IncludedFile, IncludeStatement, OutputStatement, Statement

SUFFIX = ".merge"
MOST_BYTES = 2_000_000
"""In all included files together."""
MOST_FILES = 100
DEEPEST = 20


def read_document(source: Source, directory: str, report: Report) -> Document | None:
    """The syntax tree of a recipe, with what it includes in place of its `include` statements; None after errors.

    directory: where the recipe lies. Paths are relative to the file that names them. A file that is included again,
    by another one, is read once.
    """
    document = parse(source, report)
    if document is None or not any(isinstance(s, IncludeStatement) for s in document.statements):
        return document
    reader = _Reader(report)
    reader.open.append((os.path.realpath(os.path.join(directory, os.path.basename(source.name))), source.name))
    statements, text = reader.written_out(document, directory)
    return None if report.failed else Document(source, statements, tuple(reader.files), text)


@dataclass(slots=True)
class _Reader:
    """files: those read so far. open: the real path and the name of each file that is being read, outermost first."""

    report: Report
    files: list[IncludedFile] = field(default_factory=list)
    open: list[tuple[str, str]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    left_bytes: int = MOST_BYTES

    def written_out(self, document: Document, directory: str) -> tuple[tuple[Statement, ...], str]:
        """The statements of a document and its text, what is included among them."""
        source = document.source
        statements: list[Statement] = []
        text, copied = "", 0
        for statement in document.statements:
            if isinstance(statement, IncludeStatement):
                inner, instead = self._include(statement, directory)
                statements.extend(inner)
                text += _on_own_lines(source.text[copied : statement.span.start], instead)
                copied = statement.span.end
            else:
                statements.append(statement)
        rest = source.text[copied:]
        return tuple(statements), text + (rest.removeprefix("\n") if copied else rest)

    def _include(self, statement: IncludeStatement, directory: str) -> tuple[tuple[Statement, ...], str]:
        """What an `include` stands for; nothing after an error."""
        written, span = statement.path.value, statement.path.span
        if not written.endswith(SUFFIX) or not written.isprintable():
            message = "what is included is in the merge language, in a file whose name ends in `.merge`"
            self.report.error(Code.BAD_INCLUDE, message, span)
            return (), ""
        path = os.path.join(directory, written)
        name = os.path.normpath(os.path.join(os.path.dirname(span.source.name), written))
        real = os.path.realpath(path)
        if not self._is_allowed(name, real, span):
            return (), ""
        if real in self.seen:
            return (), f"# include {span.text}, which stands above"
        self.seen.add(real)
        source = self._read(path, name, span)
        if source is None:
            return (), ""
        included = parse(source, self.report)
        self.files.append(IncludedFile(source, os.path.dirname(path)))
        if included is None:
            return (), ""
        self._refuse_output(included, span)
        self.open.append((real, name))
        statements, text = self.written_out(included, os.path.dirname(path))
        self.open.pop()
        ended = text.removeprefix("\ufeff").rstrip("\n")
        return statements, f"# include {span.text}\n{ended}\n# end of {span.text}"

    def _is_allowed(self, name: str, real: str, span: Span) -> bool:
        """Whether one more file may be read."""
        paths = [path for path, _ in self.open]
        if real in paths:
            circle = " → ".join([n for _, n in self.open[paths.index(real) :]] + [name])
            self.report.error(Code.CYCLE, f"`{name}` includes itself", span, help=f"the circle is {circle}")
        elif len(self.open) > DEEPEST:
            self.report.error(Code.TOO_COMPLEX, f"more than {DEEPEST} files include one another", span)
        elif len(self.files) >= MOST_FILES:
            self.report.error(Code.TOO_COMPLEX, f"the recipe includes more than {MOST_FILES} files", span)
        else:
            return True
        return False

    def _read(self, path: str, name: str, span: Span) -> Source | None:
        """The text of a file, or a report of why it cannot be had."""
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                self.report.error(Code.UNREADABLE_RECIPE, f"`{name}` is not a file", span)
                return None
            with open(path, "rb") as file:
                data = file.read(self.left_bytes + 1)
        except FileNotFoundError:
            help = _similar(path, {p for p, _ in self.open}) or "the path is relative to the file it stands in"
            self.report.error(Code.UNREADABLE_RECIPE, f"there is no file `{name}`", span, help=help)
            return None
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            self.report.error(Code.UNREADABLE_RECIPE, f"`{name}` cannot be read: {why}", span)
            return None
        return self._decoded(data, name, span)

    def _decoded(self, data: bytes, name: str, span: Span) -> Source | None:
        if len(data) > self.left_bytes:
            message = f"the included files come to more than {MOST_BYTES:,} bytes"
            self.report.error(Code.TOO_COMPLEX, message, span)
            return None
        self.left_bytes -= len(data)
        try:
            return Source(name, data.decode("utf-8"))
        except UnicodeDecodeError as error:
            message = f"`{name}` is not UTF-8 text (byte {error.start})"
            self.report.error(Code.UNREADABLE_RECIPE, message, span, help="save it as UTF-8")
            return None

    def _refuse_output(self, included: Document, span: Span) -> None:
        for statement in included.statements:
            if isinstance(statement, OutputStatement):
                self.report.error(
                    Code.BAD_INCLUDE,
                    "an included file cannot have an `output`",
                    statement.span,
                    "remove this",
                    also=(Label(span, "included here"),),
                    help="the recipe that includes it says what is written",
                )


def _on_own_lines(before: str, text: str) -> str:
    return f"{before}{'' if not before or before.endswith(chr(10)) else chr(10)}{text}\n"


def _similar(path: str, open: set[str]) -> str | None:
    """A file beside `path` with a similar name, not one of those that are being read."""
    directory, name = os.path.split(path)
    try:
        names = [n for n in os.listdir(directory or ".") if n.endswith(SUFFIX)]
        names = [n for n in names if os.path.realpath(os.path.join(directory, n)) not in open]
    except OSError:
        return None
    near = nearest(name.removesuffix(SUFFIX), [n.removesuffix(SUFFIX) for n in names])
    return f"did you mean `{near}{SUFFIX}`?" if near else None

"""`mergec fmt`."""

from __future__ import annotations

import json
import os
import stat
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

from mergec.cli.console import write_result
from mergec.cli.guard import Exit
from mergec.cli.inputs import read_source
from mergec.diagnostics import Code, RecipeError, Report, Source
from mergec.syntax.formatting import format_source


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of a file; `status` is `formatted`, `unformatted`, `unchanged` or `wrong`."""

    file: str
    status: str
    text: str = ""


def fmt_command(files: Sequence[str], is_check: bool, format: str, quiet: bool, report: Report) -> int:
    """Lay out each file, or say which are not laid out; the exit code. What is wrong with files is in `report`."""
    done = [_formatted(file, is_check, report) for file in files]
    if format == "json":
        listed = [{"file": d.file, "status": d.status} for d in done]
        write_result(json.dumps({"version": 1, "files": listed}, indent=1))
    else:
        _write_texts(done)
        named = [d.file for d in done if d.status in ("formatted", "unformatted") and not (d.file == "-" and d.text)]
        if named and not quiet:
            write_result("\n".join(named))
    if any(d.status == "wrong" for d in done):
        return Exit.WRONG_RECIPE
    return Exit.CHECK_FAILED if any(d.status == "unformatted" for d in done) else Exit.DONE


def _formatted(file: str, is_check: bool, report: Report) -> _Done:
    found = Report()
    source, text = _read(file, found)
    for diagnostic in found.diagnostics:
        report.add(diagnostic)
    if source is None or text is None:
        return _Done(file, "wrong")
    if file == "-" and not is_check:
        return _Done(file, "formatted", text)
    if text == source.text:
        return _Done(file, "unchanged")
    if is_check:
        return _Done(file, "unformatted")
    replace_file(file, text.encode())
    return _Done(file, "formatted")


def _read(file: str, found: Report) -> tuple[Source | None, str | None]:
    """A file and its text laid out; None for what cannot be had, with the reasons in `found`."""
    try:
        source = read_source(file, found)
    except RecipeError:
        return None, None
    if file.lower().endswith((".yaml", ".yml")):
        help = f"`mergec convert {file} --to merge` writes the recipe in the merge language"
        found.error(Code.NOT_SUPPORTED, f"`{file}` is YAML; `mergec fmt` lays out the merge language", help=help)
        return source, None
    return source, format_source(source, found)


def _write_texts(done: Sequence[_Done]) -> None:
    """What came from standard input, as it is: with the line ends that it has."""
    for text in (d.text for d in done if d.text):
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        sys.stdout.flush()


def replace_file(path: str, data: bytes) -> None:
    """Give a file another content, or leave it as it is. Links stay links, and the mode stays. Raises OSError."""
    target = os.path.realpath(path)
    mode = stat.S_IMODE(os.stat(target).st_mode)
    with open(target, "r+b"):
        pass  # a file that must not be written stays, though its directory would let it be replaced
    directory, name = os.path.split(target)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=directory)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise

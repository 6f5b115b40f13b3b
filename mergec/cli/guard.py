"""From exceptions to exit codes: a user's mistake never shows a traceback."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from typer import BadParameter

from mergec import __version__
from mergec.cli.console import say, show_report
from mergec.diagnostics import CheckFailed, MachineFault, OutputConflict, RecipeError, Report


class Exit(IntEnum):
    """What the process returns; other people's scripts depend on it."""

    DONE = 0
    WRONG_RECIPE = 1
    USAGE = 2
    MACHINE = 3
    CONFLICT = 4
    CHECK_FAILED = 5
    BUG = 70
    INTERRUPTED = 130


class Interrupted(BaseException):
    """A signal asks the process to end. No KeyboardInterrupt, for which typer has an exit code of its own."""


def heed_signals() -> None:
    """Let what asks the process to end (^C, kill, a closed terminal) raise Interrupted once; then it ends at once."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: object) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise Interrupted


@contextmanager
def guarded(report: Report, quiet: bool = False) -> Iterator[None]:
    """Run a command; show what it found, and leave with the code that says what happened."""
    try:
        yield
    except BadParameter:
        raise
    except RecipeError as error:
        for diagnostic in error.diagnostics:
            report.add(diagnostic)
        show_report(report, quiet)
        raise SystemExit(Exit.WRONG_RECIPE) from None
    except OutputConflict as error:
        raise _refused(report, quiet, str(error), error.help, Exit.CONFLICT) from None
    except MachineFault as error:
        raise _refused(report, quiet, str(error), error.help, Exit.MACHINE) from None
    except CheckFailed as error:
        raise _refused(report, quiet, str(error), error.help, Exit.CHECK_FAILED) from None
    except (Interrupted, KeyboardInterrupt):
        say("interrupted; nothing was written under the final name")
        raise SystemExit(Exit.INTERRUPTED) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(Exit.DONE) from None
    except MemoryError:
        raise _refused(report, quiet, "there is not enough memory", "use fewer --threads", Exit.MACHINE) from None
    except OSError as error:
        message = f"{error.strerror or error}" + (f": `{error.filename}`" if error.filename else "")
        raise _refused(report, quiet, message, None, Exit.MACHINE) from None
    except Exception as error:
        if os.environ.get("MERGEC_DEBUG"):
            raise
        say(f"this is a bug in mergec {__version__}: {type(error).__name__}: {error}")
        for note in getattr(error, "__notes__", ()):
            say(note)
        say("set MERGEC_DEBUG=1 to see where, and please report it with the recipe")
        raise SystemExit(Exit.BUG) from error
    else:
        show_report(report, quiet)


def _refused(report: Report, quiet: bool, message: str, help: str | None, code: Exit) -> SystemExit:
    show_report(report, quiet)
    say(f"error: {message}")
    if help:
        say(f"  = help: {help}")
    return SystemExit(code)

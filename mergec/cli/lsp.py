"""`mergec lsp`: the language server on standard streams."""

from __future__ import annotations

import gc
import os
import signal
import sys

from mergec.diagnostics import MachineFault


def lsp_command() -> None:
    """Serve an editor. Raises MachineFault where the libraries for that are not installed.

    The client owns standard output: whatever else a plugin may print goes to standard error. The process lives long, so
    garbage is collected; nothing is lost when it is told to end, so signals end it at once.
    """
    try:
        from mergec.lsp.server import serve
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs"):
            raise
        help = 'run `pip install "mergec[lsp]"`'
        raise MachineFault(f"the language server needs `{error.name}`, which is not installed", help) from None
    gc.enable()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, channel)

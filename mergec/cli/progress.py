"""A progress bar on standard error, where that is a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mergec.cli.console import has_colour


@contextmanager
def progress_bar(total_bytes: int, label: str, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A function to be told of finished bytes, from any thread; it moves a bar if somebody can see one."""
    if quiet or not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    console = Console(file=sys.stderr, no_color=not has_colour(sys.stderr))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    lock = threading.Lock()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=total_bytes)

        def advance(count: int) -> None:
            with lock:
                bar.advance(task, count)

        yield advance

"""A progress bar on standard error, where that is a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mergec.cli.console import has_colour


@dataclass(frozen=True, slots=True)
class Bar:
    """What moves a bar: bytes that were written, and tensors that are complete. May be called from any thread."""

    wrote: Callable[[int], None]
    finished_tensor: Callable[[], None]


@contextmanager
def progress_bar(total_bytes: int, total_tensors: int, label: str, quiet: bool) -> Iterator[Bar]:
    """A bar of bytes, tensors and throughput; it is drawn only where somebody can see it."""
    if quiet or not sys.stderr.isatty():
        yield Bar(lambda nbytes: None, lambda: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[tensors]}/{task.fields[of]} tensors" if total_tensors else ""),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(file=sys.stderr, no_color=not has_colour(sys.stderr))
    lock = threading.Lock()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=total_bytes, tensors=0, of=total_tensors)

        def wrote(nbytes: int) -> None:
            with lock:
                bar.advance(task, nbytes)

        def finished_tensor() -> None:
            with lock:
                bar.update(task, tensors=bar.tasks[0].fields["tensors"] + 1)

        yield Bar(wrote, finished_tensor)

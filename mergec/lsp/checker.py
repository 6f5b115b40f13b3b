"""Checks in the background: the last text of a document counts, and what is stale is dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import TypeVar

from mergec.diagnostics import Severity, Source
from mergec.hooks import Plugins
from mergec.lsp.check import Checked, check, no_models
from mergec.lsp.models import Models

PATIENCE_S = 1.0
"""How long the findings about the text wait for those about the models."""

AT_ONCE = 2

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Job:
    """A text to check.

    uri: of the document. delay_s: how long to wait for a newer text. may_ask: whether to ask the Hub for models.
    """

    uri: str
    source: Source
    directory: str
    delay_s: float
    may_ask: bool


class Checker:
    """Checks documents in threads of their own, and hands on what is found. All its methods run on the event loop.

    publish: is given every result that is not stale; failed: is given what went wrong within mergec itself.
    """

    def __init__(
        self,
        plugins: Plugins,
        models: Models,
        publish: Callable[[Job, Checked], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._plugins = plugins
        self._models = models
        self._publish = publish
        self._failed = failed
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    def ask(self, job: Job) -> None:
        """Check a text soon; whatever was going on for the document is dropped."""
        self.forget(job.uri)
        self._tasks[job.uri] = asyncio.ensure_future(self._run(job))

    def forget(self, uri: str) -> None:
        """Stop caring for a document."""
        task = self._tasks.pop(uri, None)
        if task is not None:
            task.cancel()

    async def _run(self, job: Job) -> None:
        try:
            await asyncio.sleep(job.delay_s)
            quick = await self._in_thread(lambda: check(job.source, job.directory, self._plugins, no_models))
            if any(d.severity is Severity.ERROR for d in quick.diagnostics):
                self._publish(job, quick)
                return
            opener = self._models.opener(job.may_ask)
            full = asyncio.ensure_future(
                self._in_thread(lambda: check(job.source, job.directory, self._plugins, opener))
            )
            await self._first(full, job, quick)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._failed(error)

    async def _first(self, full: asyncio.Future[Checked], job: Job, quick: Checked) -> None:
        """Publish the full result; if it takes long, the quick one meanwhile."""
        try:
            done, _ = await asyncio.wait({full}, timeout=PATIENCE_S)
            if not done:
                self._publish(job, quick)
            self._publish(job, await full)
        finally:
            full.cancel()

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        """Run something in a thread that does not keep the process alive. A cancelled run ends by itself, unheard."""
        await self._slots.acquire()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def finish(result: Result | None, error: Exception | None) -> None:
            self._slots.release()
            if future.cancelled():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def run() -> None:
            result, error = None, None
            try:
                result = work()
            except Exception as caught:
                error = caught
            with suppress(RuntimeError):  # the loop is closed: the server has ended
                loop.call_soon_threadsafe(finish, result, error)

        Thread(target=run, daemon=True).start()
        return await future

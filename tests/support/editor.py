"""An editor: it starts `mergec lsp` and talks to it over its standard streams."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.command import environment

PATIENCE_S = 60.0
CLOSED = "closed"
"""What the reader says once the server has closed its stream."""


class Editor:
    """A client of the language server; a context manager. All positions are plain pairs of line and column."""

    def __init__(self, folder: Path, capabilities: Mapping[str, Any] | None = None) -> None:
        self.folder = folder
        self.published: list[dict[str, Any]] = []
        self.logged: list[dict[str, Any]] = []
        self._last = 0
        self._versions: dict[str, int] = {}
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        command = [sys.executable, "-m", "mergec", "lsp", "--stdio"]
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.initialized = self.request(
            "initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": capabilities or {}}
        )
        self.notify("initialized", {})

    def __enter__(self) -> Editor:
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def quit(self) -> int:
        """Say goodbye; the exit code."""
        self.request("shutdown", None)
        self.notify("exit", None)
        return self.process.wait(PATIENCE_S)

    def notify(self, method: str, params: object) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: object) -> Any:
        self._last += 1
        self._send({"jsonrpc": "2.0", "id": self._last, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == self._last:
                assert "error" not in message, message["error"]
                return message["result"]

    def uri(self, name: str) -> str:
        return name if ":" in name else (self.folder / name).as_uri()

    def open(self, name: str, text: str, language: str = "merge") -> None:
        self._versions[name] = 1
        document = {"uri": self.uri(name), "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def change(self, name: str, *texts: str) -> None:
        """Replace the text of a document, by each of `texts` in turn and without a pause."""
        messages = []
        for text in texts:
            self._versions[name] += 1
            document = {"uri": self.uri(name), "version": self._versions[name]}
            changes = {"textDocument": document, "contentChanges": [{"text": text}]}
            messages.append({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": changes})
        self._send(*messages)

    def diagnostics(self, name: str) -> list[dict[str, Any]]:
        """What is said of the newest version of a document."""
        while True:
            for said in self.published:
                if said["uri"] == self.uri(name) and said.get("version") == self._versions[name]:
                    found: list[dict[str, Any]] = said["diagnostics"]
                    return found
            self._next()

    def ask(self, feature: str, name: str, line: int, column: int) -> Any:
        """What a feature of `textDocument/` answers for a place."""
        place: dict[str, Any] = {
            "textDocument": {"uri": self.uri(name)},
            "position": {"line": line, "character": column},
        }
        place["options"] = {"tabSize": 2, "insertSpaces": True}
        return self.request(f"textDocument/{feature}", place)

    def complete(self, name: str, line: int, column: int) -> list[str]:
        """The labels that are offered."""
        return [item["label"] for item in self.ask("completion", name, line, column)]

    def drain(self, seconds: float) -> None:
        """Take in what comes, until nothing has come for some time."""
        while self._take(seconds) is not None:
            pass

    def _next(self) -> dict[str, Any]:
        message = self._take(PATIENCE_S)
        assert message is not None, f"the server is silent; it said {self.logged}"
        assert message.get("method") != CLOSED, f"the server is gone, with {self.process.wait(PATIENCE_S)}"
        return message

    def _take(self, seconds: float) -> dict[str, Any] | None:
        try:
            message = self._messages.get(timeout=seconds)
        except queue.Empty:
            return None
        if message.get("method") == "textDocument/publishDiagnostics":
            self.published.append(message["params"])
        elif "method" in message:
            self.logged.append(message)
        return message

    def _send(self, *messages: dict[str, Any]) -> None:
        contents = [json.dumps(message).encode() for message in messages]
        assert self.process.stdin is not None
        self.process.stdin.write(b"".join(b"Content-Length: %d\r\n\r\n" % len(c) + c for c in contents))
        self.process.stdin.flush()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            length = int(header.split(b":")[1])
            while stream.readline().strip():
                pass
            self._messages.put(json.loads(stream.read(length)))
        self._messages.put({"method": CLOSED})

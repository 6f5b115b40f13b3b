"""A stand-in for the Hub on the loopback interface: what mergec asks of the real one, and faults on request."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34
LFS_SUFFIXES = (".safetensors", ".bin")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    range: str | None


@dataclass(frozen=True)
class Fault:
    """What the server does instead of answering rightly."""

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    cut_to: int | None = None
    """Bytes of the body that are sent before the connection closes."""
    corrupt: bool = False
    ignore_range: bool = False
    shift_range: bool = False


@dataclass
class Hub:
    """Models by id, each a mapping of file names to bytes; every branch in `branches` is the same commit."""

    models: dict[str, dict[str, bytes]]
    branches: tuple[str, ...] = ("main", COMMIT)
    fault: Callable[[Request], Fault | None] = lambda request: None
    extra_names: tuple[str, ...] = ()
    token: str | None = None
    requests: list[Request] = field(default_factory=list)
    sent_bytes: int = 0
    endpoint: str = ""

    def asked(self, method: str, ending: str) -> list[Request]:
        return [r for r in self.requests if r.method == method and r.path.endswith(ending)]

    @contextmanager
    def serving(self) -> Iterator[Hub]:
        server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        self.endpoint = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # clients that hang up are no news
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._handle(body=False)

    def do_GET(self) -> None:
        self._handle(body=True)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _handle(self, body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        request = Request(self.command, path, self.headers.get("Range"))
        self.hub.requests.append(request)
        fault = self.hub.fault(request) or Fault()
        if fault.status is not None:
            self._send(fault.status, dict(fault.headers), b"", body)
        elif path.startswith("/api/models/"):
            self._info(path.removeprefix("/api/models/"), body)
        elif "/resolve/" in path:
            self._file(path, fault, body)
        else:
            self._refuse(404, "EntryNotFound", body)

    def _info(self, path: str, body: bool) -> None:
        repo_id, _, revision = path.partition("/revision/")
        if repo_id not in self.hub.models:
            return self._refuse(401, "RepoNotFound", body)
        if (revision or "main") not in self.hub.branches:
            return self._refuse(404, "RevisionNotFound", body)
        files = self.hub.models[repo_id]
        siblings = [_sibling(name, data) for name, data in files.items()]
        siblings += [{"rfilename": name, "size": 3} for name in self.hub.extra_names]
        answer = {"id": repo_id, "sha": COMMIT, "siblings": siblings, "tags": []}
        self._send(200, {"Content-Type": "application/json"}, json.dumps(answer).encode(), body)

    def _file(self, path: str, fault: Fault, body: bool) -> None:
        repo_id, _, rest = path[1:].partition("/resolve/")
        files = self.hub.models.get(repo_id, {})
        revision, _, name = rest.partition("/")
        if revision not in self.hub.branches or name not in files:
            return self._refuse(404, "EntryNotFound", body)
        if self.hub.token and self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            return self._refuse(403, "GatedRepo", body)
        data = files[name]
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{_etag(name, data)}"'}
        if fault.corrupt:
            data = bytes(byte ^ 0xFF for byte in data)
        status = 200
        if self.headers.get("Range") and not fault.ignore_range:
            status, data = 206, self._cut(data, headers, fault)
        self._send(status, headers, data, body, fault.cut_to)

    def _cut(self, data: bytes, headers: dict[str, str], fault: Fault) -> bytes:
        first, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
        start, stop = int(first), min(int(last or len(data)), len(data) - 1) + 1
        headers["Content-Range"] = f"bytes {start + fault.shift_range}-{stop - 1}/{len(data)}"
        return data[start:stop]

    def _refuse(self, status: int, code: str, body: bool) -> None:
        self._send(status, {"X-Error-Code": code, "X-Error-Message": code}, b"", body)

    def _send(self, status: int, headers: dict[str, str], data: bytes, body: bool, cut_to: int | None = None) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if not body:
            return
        try:
            for start in range(0, len(data[:cut_to]), 1 << 16):
                self.hub.sent_bytes += self.wfile.write(data[:cut_to][start : start + (1 << 16)])
        except OSError:  # the client had enough
            self.close_connection = True
        if cut_to is not None:
            self.close_connection = True


def _sibling(name: str, data: bytes) -> dict[str, Any]:
    sibling: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": _git_id(data)}
    if name.endswith(LFS_SUFFIXES):
        sibling["lfs"] = {"sha256": _etag(name, data), "size": len(data), "pointerSize": 134}
    return sibling


def _etag(name: str, data: bytes) -> str:
    return hashlib.sha256(data).hexdigest() if name.endswith(LFS_SUFFIXES) else _git_id(data)


def _git_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()

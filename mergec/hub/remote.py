"""A model on the Hub, read by byte ranges and downloaded file by file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from mergec.core.folder import stays_inside
from mergec.core.local import LocalFolder
from mergec.diagnostics import MachineFault
from mergec.hub.cache import cache_directory, repository_directory
from mergec.hub.transport import network_fault, persistently, read_range, status_of, transport_errors

_KEEP_BYTES = 1 << 25
"""Whole files up to this length (configs, indexes) are asked for once."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """What the Hub states of a file: its length, and its sha256 in hex if it is stored with Git LFS."""

    size_bytes: int
    sha256: str | None


class RemoteFolder:
    """The files of a Hub repository at one commit. Those that the cache has are read there."""

    def __init__(self, repo_id: str, branch: str, commit: str, files: Mapping[str, RemoteFile], label: str) -> None:
        self._repo_id = repo_id
        self._branch = branch
        self._commit = commit
        self._files = {name: files[name] for name in sorted(files) if stays_inside(name)}
        self._label = label
        self._cached = LocalFolder(os.path.join(repository_directory(repo_id), "snapshots", commit), label, commit)
        self._kept: dict[str, bytes] = {}

    @property
    def label(self) -> str:
        return self._label

    @property
    def revision(self) -> str | None:
        return self._commit

    def names(self) -> tuple[str, ...]:
        """All files, sorted; names that would leave the folder are left out."""
        return tuple(self._files)

    def size(self, name: str) -> int:
        """Length in bytes, as the Hub states it. Raises FileNotFoundError."""
        return self._file(name).size_bytes

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """Bytes from `offset`, fewer than `length` where the file ends. Raises FileNotFoundError, MachineFault."""
        left = max(0, self.size(name) - offset)
        count = left if length is None else min(length, left)
        if count == 0:
            return b""
        if self._is_cached(name):
            return self._cached.read(name, offset, count)
        whole = count == self.size(name) and count <= _KEEP_BYTES
        if whole and name in self._kept:
            return self._kept[name]
        data = self._request(name, offset, count)
        if whole:
            self._kept[name] = data
        return data

    def fetch(self, name: str) -> str:
        """The path in the Hub's cache, after a download if need be; what was downloaded has been checked.

        Raises FileNotFoundError, and MachineFault if the network fails or the bytes are not those the Hub promises.
        """
        file = self._file(name)
        if self._is_cached(name):
            return self._cached.fetch(name)
        _discard(os.path.join(self._cached.path, name))
        path = self._download(name)
        problem = _mismatch(path, file)
        if problem:
            _discard(path)
            raise MachineFault(
                f"{self._label}: the download of {name} is corrupt: {problem}", "run the command again to repeat it"
            )
        self._note_branch()
        return path

    def _file(self, name: str) -> RemoteFile:
        if name not in self._files:
            raise FileNotFoundError(f"{self._label} has no file {name!r}")
        return self._files[name]

    def _is_cached(self, name: str) -> bool:
        try:
            return self._cached.size(name) == self.size(name)
        except (FileNotFoundError, MachineFault):
            return False

    def _request(self, name: str, offset: int, count: int) -> bytes:
        from huggingface_hub import constants, hf_hub_url

        url = hf_hub_url(self._repo_id, name, revision=self._commit, endpoint=constants.ENDPOINT)
        try:
            return persistently(lambda: read_range(url, offset, count))
        except transport_errors() as error:
            raise self._fault(name, error) from error

    def _download(self, name: str) -> str:
        from huggingface_hub import constants, hf_hub_download
        from huggingface_hub.errors import XetDownloadError

        failures: tuple[type[Exception], ...] = (XetDownloadError, RuntimeError, *transport_errors())
        try:
            return persistently(
                lambda: hf_hub_download(
                    self._repo_id,
                    name,
                    revision=self._commit,
                    cache_dir=cache_directory(),
                    endpoint=constants.ENDPOINT,
                    library_name="mergec",
                )
            )
        except failures as error:
            raise self._fault(name, error) from error

    def _fault(self, name: str, error: Exception) -> Exception:
        from huggingface_hub.errors import GatedRepoError

        if isinstance(error, GatedRepoError):
            return error
        if status_of(error) == 404:
            return FileNotFoundError(f"{self._label} has no file {name!r}")
        if isinstance(error, OSError) and error.errno is not None:
            return MachineFault(f"{self._label}: cannot store {name} in {cache_directory()}: {error.strerror}")
        return network_fault(error)

    def _note_branch(self) -> None:
        """Lets the next run, perhaps offline, find this commit under the branch's name."""
        if self._branch == self._commit or not stays_inside(self._branch):
            return
        path = os.path.join(repository_directory(self._repo_id), "refs", self._branch)
        with suppress(OSError):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(f"{path}.{os.getpid()}.tmp", "w", encoding="ascii") as ref:
                ref.write(self._commit)
            os.replace(ref.name, path)


def _mismatch(path: str, file: RemoteFile) -> str | None:
    size = os.path.getsize(path)
    if size != file.size_bytes:
        return f"it has {size} bytes, not {file.size_bytes}"
    if file.sha256 is None:
        return None
    with open(path, "rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    return None if found == file.sha256 else f"its sha256 is {found}, not {file.sha256}"


def _discard(path: str) -> None:
    """Removes a snapshot's file and the blob that it links to."""
    with suppress(OSError):
        target = os.path.join(os.path.dirname(path), os.readlink(path)) if os.path.islink(path) else None
        os.remove(path)
        if target:
            os.remove(target)

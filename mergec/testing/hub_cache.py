"""Laying a checkpoint out as the Hub client's cache, so that it is found under a repository id, offline."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from mergec.diagnostics import MachineFault, OutputConflict

_MARK = ".mergec-demo"


def repository_dir(cache_home: str, repo_id: str) -> Path:
    """Where the Hub client keeps model `repo_id` when HF_HOME is `cache_home`."""
    return Path(cache_home, "hub", "models--" + repo_id.replace("/", "--"))


def check_replaceable(cache_home: str, repo_id: str) -> None:
    """Raise OutputConflict if the cache holds the repository and it is not a stand-in written here earlier."""
    folder = repository_dir(cache_home, repo_id)
    if folder.exists() and not (folder / _MARK).is_file():
        raise OutputConflict(
            f"`{cache_home}` holds a download of `{repo_id}`, which a stand-in must not replace",
            "give the stand-ins a cache directory of their own",
        )


def write_hub_cache(cache_home: str, repo_id: str, write: Callable[[str], None]) -> str:
    """Lay out a model as the only snapshot of `repo_id`, branch main; returns the snapshot's directory.

    cache_home: what HF_HOME is set to for reading it. write: writes the model's files into the directory it is given;
    no folders in it. The revision is a digest of all names and contents. A stand-in written earlier is replaced.
    Raises OutputConflict if the repository is there and no stand-in, MachineFault.
    """
    check_replaceable(cache_home, repo_id)
    folder = repository_dir(cache_home, repo_id)
    try:
        return _write_repository(folder, write)
    except OSError as error:
        raise MachineFault(f"cannot write `{folder}`: {error.strerror or error}") from error


def _write_repository(folder: Path, write: Callable[[str], None]) -> str:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / _MARK).touch()
    staged = folder / "staged"
    staged.mkdir()
    write(str(staged))
    blobs = [(path.name, _blob_name(path)) for path in sorted(staged.iterdir())]
    revision = hashlib.sha1("".join(f"{name} {blob}\n" for name, blob in blobs).encode()).hexdigest()
    snapshot = folder / "snapshots" / revision
    for directory in (folder / "blobs", folder / "refs", snapshot):
        directory.mkdir(parents=True)
    for name, blob in blobs:
        os.replace(staged / name, folder / "blobs" / blob)
        (snapshot / name).symlink_to(Path("..", "..", "blobs", blob))
    staged.rmdir()
    (folder / "refs" / "main").write_text(revision)
    return str(snapshot)


def _blob_name(path: Path) -> str:
    """The etag that the Hub has for a file: the sha256 of weights, git's object id of anything else.

    Of weights that are a hole only the head counts: hundreds of gigabytes of zeros take minutes to digest.
    """
    status = path.stat()
    if status.st_blocks * 512 < status.st_size // 2:
        with path.open("rb") as file:
            return hashlib.sha256(file.read(1 << 20) + b"%d" % status.st_size).hexdigest()
    if path.suffix == ".safetensors":
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()

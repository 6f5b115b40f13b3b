"""The Hub client's cache on the local disk, read without the client: its download code takes 0.1 s to import."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from mergec.core.folder import stays_inside

CONFIG = "config.json"
_SINGLE = "model.safetensors"
_INDEX = "model.safetensors.index.json"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the cache holds of one commit: the directory, the commit, and files that a merge needs but are not there."""

    path: str
    commit: str
    missing: tuple[str, ...]


def cache_directory() -> str:
    """The directory the Hub client caches models in: HF_HUB_CACHE, or `hub` in HF_HOME."""
    from huggingface_hub import constants

    return os.path.abspath(constants.HF_HUB_CACHE)


def is_offline() -> bool:
    """Whether the user forbids network access (HF_HUB_OFFLINE)."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def repository_directory(repo_id: str) -> str:
    """Where the cache keeps a model."""
    return os.path.join(cache_directory(), "--".join(["models", *repo_id.split("/")]))


def read_snapshot(repo_id: str, revision: str) -> Snapshot | None:
    """The cached snapshot that a branch, tag or commit stands for; None if there is none."""
    home = repository_directory(repo_id)
    commit = _read_commit(home, revision)
    path = os.path.join(home, "snapshots", commit) if commit else ""
    if not commit or not os.path.isdir(path):
        return None
    return Snapshot(path, commit, _missing(path))


def _read_commit(home: str, revision: str) -> str | None:
    if not stays_inside(revision):
        return None
    try:
        with open(os.path.join(home, "refs", revision), encoding="ascii") as ref:
            commit = ref.read(200).strip()
    except (OSError, UnicodeError):
        commit = revision
    return commit if stays_inside(commit) and "/" not in commit else None


def _missing(path: str) -> tuple[str, ...]:
    """Of config.json and the weight files, those that are not there; a link to a blob that is gone counts as such."""
    return tuple(name for name in (CONFIG, *_weights(path)) if not os.path.isfile(os.path.join(path, name)))


def _weights(path: str) -> tuple[str, ...]:
    if os.path.isfile(os.path.join(path, _SINGLE)):
        return ()
    index = os.path.join(path, _INDEX)
    if os.path.isfile(index):
        return _shards(index)
    others = [name for name in os.listdir(path) if name.endswith((".safetensors", ".gguf")) or _is_pickle(name)]
    return () if others and all(os.path.isfile(os.path.join(path, name)) for name in others) else (_SINGLE,)


def _is_pickle(name: str) -> bool:
    # Taken as weights that are there: opening the checkpoint says what to do with them.
    return name.startswith("pytorch_model") and name.endswith(".bin")


def _shards(index: str) -> tuple[str, ...]:
    """The files an index names. One that cannot be read names none here: opening the checkpoint says what is wrong."""
    try:
        with open(index, encoding="utf-8") as file:
            weight_map = json.load(file)["weight_map"]
        return tuple(sorted(name for name in set(weight_map.values()) if stays_inside(name)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ()

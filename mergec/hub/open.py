"""Finding a model of the Hub: in the cache, or online."""

from __future__ import annotations

import os

from mergec.core.folder import Folder
from mergec.core.local import LocalFolder
from mergec.core.suggest import did_you_mean
from mergec.diagnostics import Code, Report, Span
from mergec.hub.cache import Snapshot, cache_directory, is_offline, read_snapshot

_DEFAULT_BRANCH = "main"


def open_repository(repo_id: str, revision: str | None, report: Report, span: Span | None = None) -> Folder | None:
    """The files of a Hub model; None, with the reason in `report`, if there is no such model or no access to it.

    What the local cache holds in full is used without a request. Otherwise the branch is resolved to a commit once,
    and files are read from there. span: the place in the recipe. Raises MachineFault where the network fails.
    """
    branch = revision or _DEFAULT_BRANCH
    label = f"{repo_id}@{revision}" if revision else repo_id
    snapshot = read_snapshot(repo_id, branch)
    if snapshot and not snapshot.missing:
        return LocalFolder(snapshot.path, label, snapshot.commit)
    if is_offline():
        _report_offline(repo_id, label, snapshot, report, span)
        return None
    from mergec.hub.online import open_online

    return open_online(repo_id, branch, label, report, span)


def is_at_hand(repo_id: str, revision: str | None) -> bool:
    """Whether a Hub model is opened without a request: it is in the local cache, or the user forbids requests."""
    snapshot = read_snapshot(repo_id, revision or _DEFAULT_BRANCH)
    return is_offline() or (snapshot is not None and not snapshot.missing)


def _report_offline(repo_id: str, label: str, snapshot: Snapshot | None, report: Report, span: Span | None) -> None:
    get = f"unset HF_HUB_OFFLINE, or run `hf download {repo_id}` where there is a network"
    cache = f"the cache is {cache_directory()} (HF_HOME, HF_HUB_CACHE)"
    if snapshot:
        message = f"{label}: not all of its files are in the local cache, and HF_HUB_OFFLINE is set"
        notes = (f"missing: {', '.join(snapshot.missing[:10])}", cache)
        report.error(Code.MISSING_FILE, message, span, help=get, notes=notes)
        return
    message = f"{label} is neither a folder nor in the local cache of the Hub, and HF_HUB_OFFLINE is set"
    report.error(Code.MISSING_MODEL, message, span, help=did_you_mean(repo_id, _cached_ids(), get), notes=(cache,))


def _cached_ids() -> list[str]:
    try:
        names = os.listdir(cache_directory())
    except OSError:
        return []
    return [name.removeprefix("models--").replace("--", "/") for name in names if name.startswith("models--")]

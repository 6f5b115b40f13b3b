"""Finding a model of the Hub: in the cache, or online."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mergec.core.folder import Folder
from mergec.core.local import LocalFolder
from mergec.core.suggest import did_you_mean
from mergec.diagnostics import Code, MachineFault, Report, Span
from mergec.hub.cache import CONFIG, Snapshot, cache_directory, is_offline, read_snapshot
from mergec.hub.remote import RemoteFile, RemoteFolder
from mergec.hub.transport import network_fault, persistently, status_of, transport_errors

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

_DEFAULT_BRANCH = "main"
_LOG_IN = "log in with `hf auth login`, or set HF_TOKEN"


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
    try:
        return _open_remote(repo_id, branch, label)
    except transport_errors() as error:
        _report_refusal(repo_id, branch, error, report, span)
        return None


def _open_remote(repo_id: str, branch: str, label: str) -> RemoteFolder:
    info = _ask(repo_id, branch)
    if not info.sha or any(sibling.size is None for sibling in info.siblings or ()):
        raise MachineFault(f"{label}: the Hub does not state the commit and the sizes of the files")
    files = {
        sibling.rfilename: RemoteFile(sibling.size or 0, sibling.lfs.sha256 if sibling.lfs else None)
        for sibling in info.siblings or ()
    }
    folder = RemoteFolder(repo_id, branch, info.sha, files, label)
    _probe(folder)
    return folder


def _probe(folder: RemoteFolder) -> None:
    """A gated model lists its files to everyone, but does not hand them out; better to know at once."""
    names = folder.names()
    if CONFIG in names:
        folder.read(CONFIG)
    elif names:
        folder.read(names[0], 0, 1)


def _ask(repo_id: str, branch: str) -> ModelInfo:
    from huggingface_hub import HfApi, constants

    api = HfApi(endpoint=constants.ENDPOINT, library_name="mergec")
    timeout_s = constants.HF_HUB_DOWNLOAD_TIMEOUT
    try:
        return persistently(
            lambda: api.model_info(repo_id, revision=branch, files_metadata=True, timeout=timeout_s),
        )
    except (KeyError, TypeError, ValueError) as error:
        if status_of(error):
            raise
        raise MachineFault(
            f"{constants.ENDPOINT} does not answer as the Hub does",
            "check HF_ENDPOINT, and whether the network asks for a log-in",
        ) from error


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


def _report_refusal(repo_id: str, branch: str, error: Exception, report: Report, span: Span | None) -> None:
    from huggingface_hub import constants
    from huggingface_hub.errors import DisabledRepoError, GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    if isinstance(error, GatedRepoError):
        message = f"access to {repo_id} is restricted"
        help = f"accept its terms at {constants.ENDPOINT}/{repo_id}, then {_LOG_IN}"
    elif isinstance(error, RevisionNotFoundError):
        message, help = f"{repo_id} has no revision {branch}", f"see {constants.ENDPOINT}/{repo_id}/commits/main"
    elif isinstance(error, RepositoryNotFoundError):
        message = f"{repo_id} is neither a folder nor a model on the Hub that you can see"
        help = f"check the spelling; if the model is private, {_LOG_IN}"
    elif isinstance(error, DisabledRepoError):
        message, help = f"the Hub has disabled access to {repo_id}", "use another model"
    elif status_of(error) in (401, 403):
        message, help = f"the Hub refuses access to {repo_id}", _LOG_IN
    else:
        raise network_fault(error) from error
    report.error(Code.MISSING_MODEL, message, span, help=help)

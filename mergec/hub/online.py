"""Asking the Hub for a model that is not in the cache. Imported only then: the client is heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergec.diagnostics import Code, MachineFault, Report, Span
from mergec.hub.cache import CONFIG
from mergec.hub.remote import RemoteFile, RemoteFolder
from mergec.hub.transport import network_fault, persistently, status_of, transport_errors

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

_LOG_IN = "log in with `hf auth login`, or set HF_TOKEN"


def open_online(repo_id: str, branch: str, label: str, report: Report, span: Span | None) -> RemoteFolder | None:
    """The files of a model at the commit its branch is at now; None, with the reason in `report`, without access.

    Raises MachineFault where the network fails.
    """
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

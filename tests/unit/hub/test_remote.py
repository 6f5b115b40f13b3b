import hashlib
import os
from pathlib import Path

import pytest
from huggingface_hub import constants

from mergec.core.folder import Folder
from mergec.diagnostics import Code, MachineFault, Report
from mergec.hub import open_repository
from tests.support.hub_models import CONFIG, SHARDED, SINGLE
from tests.support.hub_server import COMMIT, Fault, Hub, Request

WEIGHTS = "model.safetensors"


def remote(repo_id: str = "org/single", revision: str | None = None) -> Folder:
    report = Report()
    folder = open_repository(repo_id, revision, report)
    assert folder is not None, report.diagnostics
    return folder


def refusal(repo_id: str, revision: str | None = None):
    report = Report()
    assert open_repository(repo_id, revision, report) is None
    (error,) = report.diagnostics
    return error


def on(method: str, ending: str, *faults: Fault | None):
    """The faults in turn for matching requests, the last one for good."""
    left = list(faults)

    def fault(request: Request) -> Fault | None:
        if request.method != method or not request.path.endswith(ending):
            return None
        return left.pop(0) if len(left) > 1 else left[0]

    return fault


def test_names_sizes_and_commit_take_one_request(hub: Hub):
    folder = remote("org/sharded")
    assert folder.names() == tuple(sorted(SHARDED))
    assert folder.revision == COMMIT
    assert [folder.size(name) for name in folder.names()] == [len(SHARDED[name]) for name in folder.names()]
    assert len(hub.asked("GET", "/revision/main")) == 1
    assert len(hub.requests) == 2  # and config.json, to see that access is granted


def test_small_files_are_asked_for_once(hub: Hub):
    folder = remote()
    assert folder.read("config.json") == folder.read("config.json") == CONFIG
    assert folder.read("config.json", 2, 5) == CONFIG[2:7]
    assert folder.read("config.json", len(CONFIG)) == b""
    assert len(hub.asked("GET", "config.json")) == 2


def test_ranges_are_read_at_the_resolved_commit(hub: Hub):
    folder = remote()
    assert folder.read(WEIGHTS, 100, 50) == SINGLE[WEIGHTS][100:150]
    assert folder.read(WEIGHTS, len(SINGLE[WEIGHTS]) - 5, 50) == SINGLE[WEIGHTS][-5:]
    size = len(SINGLE[WEIGHTS])
    assert [r.range for r in hub.asked("GET", WEIGHTS)] == ["bytes=100-149", f"bytes={size - 5}-{size - 1}"]
    assert all(f"/resolve/{COMMIT}/" in r.path for r in hub.asked("GET", WEIGHTS))


def test_a_server_that_ignores_ranges_is_cut_off(hub: Hub):
    hub.models["org/big"] = {"config.json": CONFIG, WEIGHTS: bytes(range(256)) * (1 << 18)}
    hub.fault = on("GET", WEIGHTS, Fault(ignore_range=True))
    folder = remote("org/big")
    assert folder.read(WEIGHTS, 10, 20) == bytes(range(10, 30))
    assert hub.sent_bytes < 1 << 25


@pytest.mark.parametrize(
    "fault",
    [Fault(503), Fault(429, (("Retry-After", "0"),)), Fault(429, (("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"),)),
     Fault(500), Fault(cut_to=7), Fault(cut_to=0), Fault(shift_range=True)],
)  # fmt: skip
def test_faults_that_pass_are_outlasted(hub: Hub, fault: Fault):
    folder = remote()
    hub.fault = on("GET", WEIGHTS, fault, fault, None)
    assert folder.read(WEIGHTS, 100, 50) == SINGLE[WEIGHTS][100:150]
    assert len(hub.asked("GET", WEIGHTS)) == 3


@pytest.mark.parametrize("fault", [Fault(503), Fault(cut_to=7), Fault(shift_range=True)])
def test_faults_that_stay_are_the_machines(hub: Hub, fault: Fault):
    folder = remote()
    hub.fault = on("GET", WEIGHTS, fault)
    with pytest.raises(MachineFault, match="cannot be read") as caught:
        folder.read(WEIGHTS, 100, 50)
    assert "--model REF=PATH" in (caught.value.help or "")
    assert len(hub.asked("GET", WEIGHTS)) == 5


def test_a_server_that_wants_an_hour_is_not_waited_for(hub: Hub):
    hub.fault = on("GET", "/revision/main", Fault(429, (("Retry-After", "3600"),)))
    with pytest.raises(MachineFault, match="status 429"):
        open_repository("org/single", None, Report())
    assert len(hub.requests) == 1


def test_no_network(cache: Path):
    with pytest.raises(MachineFault, match="cannot be read"):
        open_repository("org/single", None, Report())


def test_something_else_answers(hub: Hub):
    hub.fault = on("GET", "/revision/main", Fault(200))
    with pytest.raises(MachineFault, match="does not answer as the Hub does"):
        open_repository("org/single", None, Report())


def test_no_such_model(hub: Hub):
    error = refusal("org/nothing")
    assert error.code is Code.MISSING_MODEL
    assert "hf auth login" in (error.help or "")


def test_no_such_revision(hub: Hub):
    error = refusal("org/single", "v9")
    assert (error.code, error.message) == (Code.MISSING_MODEL, "org/single has no revision v9")


def test_a_gated_model_says_how_to_get_access(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    hub.token = "hf_right"
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    error = refusal("org/single")
    assert error.code is Code.MISSING_MODEL
    assert "accept its terms at" in (error.help or "")
    assert "hf_wrong" not in repr(error)
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    assert remote().read("config.json") == CONFIG


def test_a_gated_model_without_a_config(hub: Hub):
    hub.models["org/bare"] = {WEIGHTS: SINGLE[WEIGHTS]}
    hub.token = "hf_right"
    assert "restricted" in refusal("org/bare").message


def test_files_that_are_not_there(hub: Hub):
    folder = remote()
    for access in (folder.size, folder.read, folder.fetch):
        with pytest.raises(FileNotFoundError):
            access("absent")
    hub.models["org/single"] = {"config.json": CONFIG}
    with pytest.raises(FileNotFoundError):
        folder.read(WEIGHTS, 0, 10)


def test_fetch_fills_the_cache_and_the_next_run_needs_no_network(
    hub: Hub, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = remote("org/sharded")
    for name in folder.names():
        assert Path(folder.fetch(name)).read_bytes() == SHARDED[name]
    asked = len(hub.requests)
    assert all(Path(folder.fetch(name)).is_file() for name in folder.names())
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    again = remote("org/sharded")
    assert again.revision == COMMIT
    assert [again.read(name) for name in again.names()] == [SHARDED[name] for name in again.names()]
    assert len(hub.requests) == asked


def test_files_of_a_partial_cache_are_read_there(hub: Hub):
    remote("org/sharded").fetch("model-00001-of-00002.safetensors")
    folder = remote("org/sharded")
    asked = len(hub.requests)
    folder.read("model-00001-of-00002.safetensors", 0, 100)
    assert len(hub.requests) == asked


def test_a_download_that_is_cut_is_repeated(hub: Hub):
    hub.fault = on("GET", WEIGHTS, Fault(cut_to=1000), None)
    assert Path(remote().fetch(WEIGHTS)).read_bytes() == SINGLE[WEIGHTS]


def test_wrong_bytes_of_the_right_length_are_found_and_not_kept(hub: Hub, cache: Path):
    hub.fault = on("GET", WEIGHTS, Fault(corrupt=True), None)
    folder = remote()
    with pytest.raises(MachineFault, match=r"download of model.safetensors is corrupt: its sha256 is"):
        folder.fetch(WEIGHTS)
    digest = hashlib.sha256(SINGLE[WEIGHTS]).hexdigest()
    assert not any(digest in files for _, _, files in os.walk(cache))
    assert Path(folder.fetch(WEIGHTS)).read_bytes() == SINGLE[WEIGHTS]


def test_a_cached_file_of_the_wrong_length_is_replaced(hub: Hub):
    folder = remote()
    path = Path(folder.fetch(WEIGHTS))
    path.resolve().write_bytes(b"short")
    assert Path(folder.fetch(WEIGHTS)).read_bytes() == SINGLE[WEIGHTS]


def test_names_that_leave_the_folder_are_left_out(hub: Hub):
    hub.extra_names = ("../../evil.txt", "/etc/evil", "a/../b", "ok/x.json")
    folder = remote()
    assert folder.names() == ("config.json", WEIGHTS, "ok/x.json")
    with pytest.raises(FileNotFoundError):
        folder.fetch("../../evil.txt")

"""Problems with the hub: each gives one sentence and a remedy, and a second try succeeds."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import socket
import threading
from pathlib import Path

import pytest
from huggingface_hub import constants

from helpers.hub_server import REVISION, Fault, HubServer, hub_server
from helpers.small_models import (
    ALL,
    OTHER_REPOSITORY,
    REPOSITORY,
    SIZE,
    assert_whole,
    demo_entry,
    fetch,
    partial_bytes,
    stop_download,
)
from refsheet_tui.errors import DownloadError
from refsheet_tui.paths import demo_model
from refsheet_tui.weights.download import Download
from refsheet_tui.weights.model_store import FileState, ModelStore
from refsheet_tui.weights.progress import DownloadEvent, FileReady, ReceivingFile, WaitingForLock

# The bytes that a download leaves free.
SPARE = 64 << 20
REFUSALS: dict[str, tuple[Fault, str, str]] = {
    "401": (
        Fault("ask", 99, 401),
        r"denied access to somebody/demo-GGUF|somebody/demo-GGUF doesn't exist",
        "HF_TOKEN",
    ),
    "403": (Fault("ask", 99, 403), r"denied access to somebody/demo-GGUF \(403\)", "HF_TOKEN"),
    "gated": (
        Fault("ask", 99, 403, {"X-Error-Code": "GatedRepo"}),
        "is gated",
        "Accept the terms at https://huggingface.co/somebody/demo-GGUF and log in",
    ),
    "404 repository": (
        Fault("ask", 99, 404, {"X-Error-Code": "RepoNotFound"}),
        "somebody/demo-GGUF doesn't exist on Hugging Face",
        "Check https://huggingface.co/somebody/demo-GGUF, or log in",
    ),
    "404 file": (
        Fault("ask", 99, 404, {"X-Error-Code": "EntryNotFound"}),
        "doesn't contain demo.gguf",
        "Check the files at",
    ),
    "404 revision": (
        Fault("ask", 99, 404, {"X-Error-Code": "RevisionNotFound"}),
        "no revision",
        "latest",
    ),
    "no hub": (Fault("ask", 99, 200), "Unexpected response from Hugging Face", "HF_ENDPOINT"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_told_with_its_remedy(hub: HubServer, store: ModelStore, name: str) -> None:
    fault, problem, remedy = REFUSALS[name]
    hub.faults = [fault]
    with pytest.raises(DownloadError, match=problem) as caught:
        fetch(demo_entry(), store)
    assert re.search(remedy, caught.value.remedy)
    hub.faults = []
    fetch(demo_entry(), store)
    assert_whole(store, demo_entry())


@pytest.mark.parametrize("tells_size", [True, False])
def test_a_mirror_without_commits_is_enough_for_what_is_pinned(
    hub: HubServer, store: ModelStore, *, tells_size: bool
) -> None:
    hub.tells_commit, hub.tells_size = False, tells_size
    fetch(demo_entry(), store)
    assert_whole(store, demo_entry())
    hub.requests.clear()
    fetch(demo_entry(), store)
    assert not hub.requests


def test_a_mirror_without_commits_is_not_trusted_with_anything_else(
    hub: HubServer, store: ModelStore
) -> None:
    hub.tells_commit = False
    with pytest.raises(DownloadError, match="Unexpected response from Hugging Face"):
        fetch(demo_entry(pinned=False), store)


@pytest.mark.parametrize("status", [200, 302])
def test_a_login_page_is_no_mirror(hub: HubServer, store: ModelStore, status: int) -> None:
    hub.tells_commit = False
    hub.faults = [Fault("ask", 1, status, {"Location": f"{hub.cdn}/login"})]
    with pytest.raises(DownloadError, match="Unexpected response"):
        fetch(demo_entry(), store)
    assert not hub.sent


def test_a_gated_model_names_its_free_equal(hub: HubServer, store: ModelStore) -> None:
    hub.private = {REPOSITORY}
    entry = demo_entry().model_copy(update={"gated": True, "instead": "4b"})
    with pytest.raises(DownloadError, match="is gated") as caught:
        fetch(entry, store)
    assert "or use '4b', which needs neither" in caught.value.remedy


@pytest.mark.parametrize("where", ["environment", "login"])
def test_a_gated_model_opens_with_a_token(
    hub: HubServer, store: ModelStore, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    hub.private = {REPOSITORY}
    if where == "environment":
        monkeypatch.setenv("HF_TOKEN", "hf_ours")
    else:  # the file that `hf auth login` writes
        file = Path(constants.HF_TOKEN_PATH)
        file.parent.mkdir(parents=True)
        file.write_text("hf_ours")
    fetch(demo_entry(), store)
    asked = hub.requests_for(f"/{REPOSITORY}/resolve")
    assert {headers["authorization"] for headers in asked} == {"Bearer hf_ours"}


def test_too_many_requests_are_waited_for(hub: HubServer, store: ModelStore) -> None:
    hub.faults = [Fault("ask", 1, 429, {"Retry-After": "1"})]
    fetch(demo_entry(), store)
    assert_whole(store, demo_entry())


@pytest.mark.parametrize("on", ["ask", "bytes"])
def test_a_hub_that_is_ill_may_recover(hub: HubServer, store: ModelStore, on: str) -> None:
    hub.faults = [Fault(on, 1, 500)]
    try:
        fetch(demo_entry(), store)
    except DownloadError as error:
        assert "a server problem (500)" in error.problem
        fetch(demo_entry(), store)
    assert_whole(store, demo_entry())


def test_another_host_may_send_the_bytes_and_gets_no_token(
    hub: HubServer, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_ours")
    with hub_server() as other:
        other.files = hub.files
        hub.faults = [Fault("ask", 99, redirects_to=other.cdn)]
        fetch(demo_entry(), store)
        assert (hub.sent, other.sent) == (0, ALL)
        assert all("authorization" not in headers for _, _, headers in other.requests)
    assert_whole(store, demo_entry())


def test_a_slow_drip_can_be_stopped_and_goes_on(hub: HubServer, store: ModelStore) -> None:
    hub.faults = [Fault(pause_s=0.02)]
    stop_download(demo_entry(), store, at=100_000)
    assert hub.sent < SIZE / 2
    fetch(demo_entry(), store)
    assert_whole(store, demo_entry())


def test_a_network_that_is_gone(
    hub: HubServer, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        with pytest.raises(DownloadError, match="Can't reach Hugging Face") as caught:
            fetch(demo_entry(), store)
    assert "Check your connection" in caught.value.remedy


@pytest.mark.parametrize("address", ["", "nonsense", "http://[", "ftp://127.0.0.1"])
def test_an_address_that_is_none(
    hub: HubServer, store: ModelStore, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", address or "http://")
    with pytest.raises(DownloadError, match=r"address isn't valid|Can't reach") as caught:
        fetch(demo_entry(), store)
    assert caught.value.remedy


def test_a_proxy_is_used(
    hub: HubServer, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", hub.url)
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    fetch(demo_entry(), store)
    assert_whole(store, demo_entry())
    assert any(path.startswith("http://hub.invalid/") for _, path, _ in hub.requests)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1"),
        ("HTTP_PROXY", "foo://127.0.0.1:1"),
        ("SSL_CERT_FILE", "/nonexistent.pem"),
    ],
)
def test_a_network_that_is_set_up_wrongly(
    hub: HubServer, store: ModelStore, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(DownloadError, match="The network settings don't work") as caught:
        fetch(demo_entry(), store)
    assert variable in caught.value.remedy
    monkeypatch.delenv(variable)
    fetch(demo_entry(), store)
    assert_whole(store, demo_entry())


def test_offline_nothing_is_asked(
    hub: HubServer, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DownloadError, match=r"offline in config\.yaml prevents downloading it"):
        fetch(demo_entry(), store, offline=True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE prevents downloading it"):
        fetch(demo_entry(), store)
    assert hub.requests == []


def test_offline_what_is_there_is_enough(hub: HubServer, store: ModelStore) -> None:
    fetch(demo_entry(), store)
    hub.requests.clear()
    assert all(isinstance(event, FileReady) for event in fetch(demo_entry(), store, offline=True))
    assert hub.requests == []


def test_too_little_room_is_seen_before_the_first_byte(
    hub: HubServer, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(store.folder.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=ALL + 1000))
    with pytest.raises(DownloadError, match="Not enough space in") as caught:
        fetch(demo_entry(), store)
    assert "models_dir" in caught.value.remedy
    assert hub.sent == 0


def test_what_is_there_already_needs_no_room(
    hub: HubServer, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_download(demo_entry(), store, at=1_000_000)
    usage = shutil.disk_usage(store.folder)
    free = ALL - partial_bytes(store, demo_entry().model) + SPARE
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free))
    fetch(demo_entry(), store)
    assert_whole(store, demo_entry())


def test_a_disk_that_fills_up_on_the_way(hub: HubServer, store: ModelStore) -> None:
    """A limit on the size of files acts like a full disk, but only on this process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, before[1]))
    try:
        with pytest.raises(DownloadError, match=r"No space left for demo\.gguf"):
            fetch(demo_entry(), store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert partial_bytes(store, demo_entry().model) > 700_000
    fetch(demo_entry(), store)
    assert_whole(store, demo_entry())
    assert hub.sent <= ALL * 1.1


def test_two_at_once_share_one_download(hub: HubServer, store: ModelStore) -> None:
    entry = demo_entry()
    hub.faults = [Fault(pause_s=0.002)]
    begun, events = threading.Event(), list[DownloadEvent]()

    def first(event: DownloadEvent) -> None:
        if isinstance(event, ReceivingFile) and event.done:
            begun.set()

    def second(event: DownloadEvent) -> None:
        events.append(event)

    thread = threading.Thread(target=Download(entry, store, first).run)
    thread.start()
    assert begun.wait(30)
    Download(entry, store, second).run()
    thread.join()
    assert any(isinstance(event, WaitingForLock) for event in events)
    assert hub.sent == ALL
    assert_whole(store, entry)


def in_hub_cache(hub: HubServer, repository: str, revision: str, path: Path) -> Path:
    """Copy a file into the hub's cache, as the download of another program does."""
    folder = Path(constants.HF_HUB_CACHE) / f"models--{repository.replace('/', '--')}"
    blob = folder / "blobs" / hub.sha256(path)
    blob.parent.mkdir(parents=True)
    shutil.copy(path, blob)
    snapshot = folder / "snapshots" / revision
    snapshot.mkdir(parents=True)
    (snapshot / path.name).symlink_to(os.path.relpath(blob, snapshot))
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(revision)
    return blob


@pytest.mark.parametrize("pinned", [True, False])
def test_what_other_programs_fetched_is_linked(
    hub: HubServer, store: ModelStore, pinned: bool
) -> None:
    blob = in_hub_cache(hub, REPOSITORY, REVISION, demo_model())
    entry = demo_entry(pinned=pinned)
    events = fetch(entry, store)
    assert_whole(store, entry)
    assert hub.sent == ALL - SIZE
    assert [event.linked for event in events if isinstance(event, FileReady)] == [True, False]
    assert store.file_path(entry.model).samefile(blob)


def test_a_damaged_cache_of_other_programs_is_not_believed(
    hub: HubServer, store: ModelStore
) -> None:
    blob = in_hub_cache(hub, REPOSITORY, REVISION, demo_model())
    with blob.open("r+b") as file:
        file.write(b"XXXX")
    fetch(demo_entry(), store)
    assert_whole(store, demo_entry())
    assert hub.sent == ALL
    assert store.file_state(demo_entry().model) is FileState.COMPLETE


def test_a_file_that_was_replaced_under_its_name_is_not_fetched(
    hub: HubServer, store: ModelStore
) -> None:
    hub.put(OTHER_REPOSITORY, "demo-mmproj.gguf", demo_model())
    with pytest.raises(DownloadError, match=r"The publisher has replaced demo-mmproj\.gguf"):
        fetch(demo_entry(), store)
    assert hub.sent == 0


def test_nothing_but_the_hub_is_asked_and_nothing_told(hub: HubServer, store: ModelStore) -> None:
    fetch(demo_entry(), store)
    assert {path.split("/")[1] for _, path, _ in hub.requests} <= {"somebody", "cdn"}
    for _, _, headers in hub.requests:
        assert "session" not in headers["user-agent"]
        assert "authorization" not in headers

"""`Download` ends with whole files, or says why not; a half file is never taken for a whole one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from helpers.hub_server import REVISION, Fault, HubServer
from helpers.small_models import (
    ALL,
    REPOSITORY,
    SIZE,
    assert_whole,
    demo_entry,
    fetch,
    partial_bytes,
    split_entry,
    stop_download,
    verify_files,
)
from helpers.split_model import split_model
from refsheet_tui.errors import DownloadError, StorageError, WeightsError
from refsheet_tui.paths import demo_mmproj, demo_model
from refsheet_tui.weights.local_file import check_sha256
from refsheet_tui.weights.model_store import FileState, ModelStore
from refsheet_tui.weights.progress import CheckingSum, FileReady, QueryingHub, ReceivingFile

OTHER_REVISION = "f" * 40
# Received data is written in chunks of so many bytes.
STEP = 65_536


@pytest.mark.parametrize("pinned", [True, False], ids=["pinned", "unpinned"])
def test_both_files_arrive_and_are_recorded(
    hub: HubServer, store: ModelStore, pinned: bool
) -> None:
    entry = demo_entry(pinned=pinned)
    fetch(entry, store)
    assert_whole(store, entry)
    known = store.manifest_entry(entry.model)
    assert known is not None
    assert (known.bytes, known.sha256) == (SIZE, hub.sha256(demo_model()))
    assert known.source == ("catalogue" if pinned else "hub")
    assert (known.repository, known.revision) == (REPOSITORY, REVISION)
    assert hub.sent == ALL


def test_bytes_speed_and_time_left_are_told(hub: HubServer, store: ModelStore) -> None:
    events = fetch(demo_entry(), store)
    received = [event for event in events if isinstance(event, ReceivingFile)]
    assert [event.overall_done for event in received] == sorted(
        event.overall_done for event in received
    )
    assert (received[0].done, received[0].total, received[0].overall_total) == (0, SIZE, ALL)
    assert received[-1].overall_done == ALL
    assert received[-1].remaining_s == 0
    assert any(event.speed and event.remaining_s for event in received)
    kinds = list(dict.fromkeys(type(event) for event in events))
    assert kinds == [QueryingHub, ReceivingFile, CheckingSum, FileReady]


def test_what_is_there_is_not_fetched_again(hub: HubServer, store: ModelStore) -> None:
    fetch(demo_entry(), store)
    hub.requests.clear()
    events = fetch(demo_entry(), store)
    assert [type(event) for event in events] == [FileReady, FileReady]
    assert hub.requests == []


def test_a_file_that_was_copied_here_is_summed_up_and_kept(
    hub: HubServer, store: ModelStore
) -> None:
    entry = demo_entry()
    for file, original in zip(entry.files, (demo_model(), demo_mmproj()), strict=True):
        store.file_path(file).parent.mkdir(parents=True)
        shutil.copy(original, store.file_path(file))
    fetch(entry, store)
    assert hub.sent == 0
    assert store.manifest_entry(entry.model) is not None


def test_so_is_one_that_the_catalogue_does_not_describe(hub: HubServer, store: ModelStore) -> None:
    entry = demo_entry(pinned=False)
    store.file_path(entry.model).parent.mkdir(parents=True)
    shutil.copy(demo_model(), store.file_path(entry.model))
    fetch(entry, store)
    assert_whole(store, entry)
    assert hub.sent == ALL - SIZE


def test_a_file_that_was_changed_since_is_fetched_again(hub: HubServer, store: ModelStore) -> None:
    entry = demo_entry()
    fetch(entry, store)
    with store.file_path(entry.model).open("r+b") as file:
        file.write(b"XXXX")
    fetch(entry, store)
    assert_whole(store, entry)
    assert hub.sent == ALL + SIZE


def test_a_dropped_connection_is_taken_up_again(hub: HubServer, store: ModelStore) -> None:
    hub.faults = [Fault(drop_at=500_000), Fault(drop_at=1_200_000)]
    fetch(demo_entry(), store)
    assert_whole(store, demo_entry())
    assert ALL <= hub.sent <= ALL + 2 * STEP
    first, *again = [headers.get("range") for headers in hub.requests_for(f"/cdn/{REPOSITORY}")]
    assert first is None
    begins = [int(asked.removeprefix("bytes=").removesuffix("-")) for asked in again if asked]
    assert 500_000 - STEP <= begins[0] <= 500_000
    assert 1_200_000 - STEP <= begins[1] <= 1_200_000


def test_a_stopped_download_goes_on_where_it_was(hub: HubServer, store: ModelStore) -> None:
    entry = demo_entry()
    stop_download(entry, store, at=600_000)
    assert store.file_state(entry.model) is FileState.PARTIAL
    assert not store.file_path(entry.model).exists()
    before = partial_bytes(store, entry.model)
    assert before > 0
    first = next(event for event in fetch(entry, store) if isinstance(event, ReceivingFile))
    assert first.done == before
    assert_whole(store, entry)


def test_a_server_that_ignores_ranges_begins_anew(hub: HubServer, store: ModelStore) -> None:
    entry = demo_entry()
    stop_download(entry, store, at=600_000)
    hub.faults = [Fault(ignores_range=True)]
    events = fetch(entry, store)
    assert_whole(store, entry)
    received = [event for event in events if isinstance(event, ReceivingFile)]
    assert max(event.overall_done for event in received) == ALL


def test_a_length_that_is_too_long_is_not_waited_for(hub: HubServer, store: ModelStore) -> None:
    hub.faults = [Fault(announces=SIZE + 1000)]
    fetch(demo_entry(), store)
    assert_whole(store, demo_entry())


def test_a_length_that_is_too_short_is_not_believed(hub: HubServer, store: ModelStore) -> None:
    hub.faults = [Fault(announces=SIZE - 1000, times=99)]
    with pytest.raises(DownloadError) as caught:
        fetch(demo_entry(), store)
    assert "the download will resume" in caught.value.remedy
    assert not store.file_path(demo_entry().model).exists()
    hub.faults = []
    fetch(demo_entry(), store)
    assert_whole(store, demo_entry())


def test_wrong_content_is_thrown_away(hub: HubServer, store: ModelStore) -> None:
    hub.faults = [Fault(flips_at=700_000)]
    with pytest.raises(
        DownloadError, match=r"doesn't match the published file: its SHA-256 is [0-9a-f]{64}"
    ):
        fetch(demo_entry(), store)
    assert store.file_state(demo_entry().model) is FileState.ABSENT
    fetch(demo_entry(), store)
    assert_whole(store, demo_entry())


def test_what_went_bad_on_the_disk_is_fetched_once_more(hub: HubServer, store: ModelStore) -> None:
    entry = demo_entry()
    stop_download(entry, store, at=600_000)
    (partial,) = store.partial_files(entry.model)
    with partial.open("r+b") as file:
        file.write(b"XXXX")
    fetch(entry, store)
    assert_whole(store, entry)


def test_what_verifying_found_bad_is_fetched_again(hub: HubServer, store: ModelStore) -> None:
    """A file that `verify` found damaged is downloaded again, even with an unchanged time."""
    entry = demo_entry()
    fetch(entry, store)
    path = store.file_path(entry.model)
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"XXXX")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    kept = store.local_file(entry.model)
    with pytest.raises(WeightsError, match=r"The SHA-256 is [0-9a-f]{64} instead of"):
        check_sha256(kept, lambda count: None)
    fetch(entry, store)
    assert_whole(store, entry)


def test_another_revision_is_another_file(hub: HubServer, store: ModelStore) -> None:
    entry = demo_entry(pinned=False)
    fetch(entry, store)
    hub.put(REPOSITORY, demo_model().name, demo_mmproj())
    newer = entry.model.model_copy(update={"revision": OTHER_REVISION})
    hub.revisions.add(OTHER_REVISION)
    fetch(entry.model_copy(update={"model": newer}), store)
    assert store.file_path(newer).read_bytes() == demo_mmproj().read_bytes()


def test_a_damaged_file_in_its_place_gives_no_room(
    hub: HubServer, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The space of a damaged file doesn't count as free: its replacement is written beside it."""
    entry = demo_entry()
    fetch(entry, store)
    with store.file_path(entry.model).open("r+b") as file:
        file.write(b"XXXX")
    usage = shutil.disk_usage(store.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=SIZE))
    with pytest.raises(DownloadError, match="Not enough space in"):
        fetch(entry, store)


def test_all_that_came_from_a_hub_which_does_not_say_how_much(
    hub: HubServer, store: ModelStore
) -> None:
    """After a kill between the last byte and the checksum, the request is for an empty range."""
    hub.tells_size = False
    entry = demo_entry(pinned=False)
    stop_download(entry, store, at=SIZE)
    fetch(entry, store)
    assert_whole(store, entry)


@pytest.fixture
def parts(hub: HubServer, tmp_path: Path) -> list[Path]:
    """Put the demo on the hub as three files, of which the first has only metadata."""
    found = split_model(tmp_path / "split", (0, 40, 40))
    for part in found:
        hub.put(REPOSITORY, part.name, part)
    return found


@pytest.mark.parametrize("pinned", [True, False], ids=["pinned", "unpinned"])
def test_all_parts_of_a_model_arrive(
    hub: HubServer, store: ModelStore, parts: list[Path], pinned: bool
) -> None:
    entry = split_entry(parts, pinned=pinned)
    events = fetch(entry, store)
    assert_whole(store, entry, *parts)
    for file, part in zip(entry.parts, parts, strict=True):
        known = store.manifest_entry(file)
        assert known is not None
        assert (known.bytes, known.sha256) == (part.stat().st_size, hub.sha256(part))
    received = [event for event in events if isinstance(event, ReceivingFile)]
    assert received[-1].overall_done == received[0].overall_total == hub.sent
    assert verify_files(store.file_path(entry.parts[1])).is_good


def test_a_stopped_download_of_parts_goes_on_in_the_one_it_was_at(
    hub: HubServer, store: ModelStore, parts: list[Path]
) -> None:
    entry = split_entry(parts)
    second = parts[1].stat().st_size // 2
    stop_download(entry, store, at=second)  # more bytes than the first part has
    assert [store.file_state(file) for file in entry.parts] == [
        FileState.COMPLETE,
        FileState.PARTIAL,
        FileState.ABSENT,
    ]
    assert store.entry_state(entry) is FileState.PARTIAL
    begun = partial_bytes(store, entry.parts[1])
    first = next(event for event in fetch(entry, store) if isinstance(event, ReceivingFile))
    assert (first.file, first.done) == (entry.parts[1], begun)
    assert begun > 0
    assert_whole(store, entry, *parts)


def test_a_part_that_the_hub_lacks_is_named_before_anything_is_fetched(
    hub: HubServer, store: ModelStore, parts: list[Path]
) -> None:
    del hub.files[REPOSITORY, parts[1].name]
    with pytest.raises(DownloadError, match=rf"doesn't contain {parts[1].name}"):
        fetch(split_entry(parts), store)
    assert hub.sent == 0


def test_a_part_that_was_lost_is_fetched_alone(
    hub: HubServer, store: ModelStore, parts: list[Path]
) -> None:
    entry = split_entry(parts)
    fetch(entry, store)
    store.file_path(entry.parts[2]).unlink()
    before = hub.sent
    fetch(entry, store)
    assert_whole(store, entry, *parts)
    assert hub.sent - before == parts[2].stat().st_size


@pytest.mark.parametrize("kind", ["folder in its place", "closed folder"])
def test_a_place_that_cannot_be_used_is_named(
    hub: HubServer, store: ModelStore, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = store.file_path(demo_entry().model)
    if kind == "folder in its place":
        (path / "sub").mkdir(parents=True)
    else:

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr("refsheet_tui.weights.file_download.FileLock.acquire", refuse)
    with pytest.raises(StorageError, match=r"Can't use .*demo\.gguf") as caught:
        fetch(demo_entry(), store)
    assert "permissions" in caught.value.remedy

"""The demo model as a hub offers it, and helpers to download and check it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from refsheet_tui.engine.split_files import model_parts
from refsheet_tui.errors import DownloadStoppedError
from refsheet_tui.paths import demo_mmproj, demo_model
from refsheet_tui.weights.catalog import CatalogEntry, RemoteFile
from refsheet_tui.weights.download import Download
from refsheet_tui.weights.findings import VerificationReport
from refsheet_tui.weights.local_file import LocalFile
from refsheet_tui.weights.model_store import FileState, ModelStore
from refsheet_tui.weights.progress import DownloadEvent, ReceivingFile
from refsheet_tui.weights.verify import Verification

REPOSITORY = "somebody/demo-GGUF"
OTHER_REPOSITORY = "somebody/demo-mmproj-GGUF"
SIZE = demo_model().stat().st_size
ALL = SIZE + demo_mmproj().stat().st_size


def fetch(entry: CatalogEntry, store: ModelStore, *, offline: bool = False) -> list[DownloadEvent]:
    events: list[DownloadEvent] = []
    Download(entry, store, events.append, offline=offline).run()
    return events


def assert_whole(store: ModelStore, entry: CatalogEntry, *parts: Path) -> None:
    """Check that a model was downloaded completely.

    `parts` are the original files of the model, if it is not the demo in one file.
    """
    originals = (*(parts or (demo_model(),)), demo_mmproj())
    for file, original in zip(entry.files, originals, strict=False):
        assert store.file_path(file).read_bytes() == original.read_bytes()
        assert not store.partial_files(file)
    assert store.entry_state(entry) is FileState.COMPLETE


def stop_download(entry: CatalogEntry, store: ModelStore, at: int) -> None:
    """Start a download, and stop it after `at` bytes, as a user does."""
    stop = threading.Event()

    def watch(event: DownloadEvent) -> None:
        if isinstance(event, ReceivingFile) and event.done >= at:
            stop.set()

    with pytest.raises(DownloadStoppedError):
        Download(entry, store, watch, stop=stop).run()


def partial_bytes(store: ModelStore, file: RemoteFile) -> int:
    """Return the number of bytes that an unfinished download has saved."""
    return sum(each.stat().st_size for each in store.partial_files(file))


def remote(path: Path, repository: str = REPOSITORY, *, pinned: bool = True) -> RemoteFile:
    """Return `path` as a file in a catalog, with its size and checksum if `pinned`."""
    if not pinned:
        return RemoteFile(repository=repository, file=path.name)
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    return RemoteFile(repository=repository, file=path.name, bytes=len(data), sha256=digest)


def demo_entry(*, pinned: bool = True) -> CatalogEntry:
    return CatalogEntry(
        title="Demo",
        model=remote(demo_model(), pinned=pinned),
        projector=remote(demo_mmproj(), OTHER_REPOSITORY, pinned=pinned),
    )


def split_entry(parts: Sequence[Path], *, pinned: bool = True) -> CatalogEntry:
    """Return the catalog entry of the demo in parts, with its projector."""
    first, *others = (remote(part, pinned=pinned) for part in parts)
    projector = remote(demo_mmproj(), OTHER_REPOSITORY, pinned=pinned)
    return CatalogEntry(title="Demo in parts", model=first, more_parts=others, projector=projector)


def verify_files(
    model: Path, mmproj: Path | None = None, *, quick: bool = False
) -> VerificationReport:
    """Return the report of verifying files that are in no catalog."""
    parts = [LocalFile.outside_store(part) for part in model_parts(model)]
    projector = LocalFile.outside_store(mmproj) if mmproj else None
    return Verification(parts, projector, lambda path, count: None).run(quick=quick)

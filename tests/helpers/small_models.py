"""The demo model as a hub would offer it, and ways to get it from there and to check it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from refsheet_tui.engine.parts import model_parts
from refsheet_tui.errors import DownloadStoppedError
from refsheet_tui.paths import demo_mmproj, demo_model
from refsheet_tui.weights.catalog import Entry, RemoteFile
from refsheet_tui.weights.content import Kept
from refsheet_tui.weights.download import Download
from refsheet_tui.weights.findings import Report
from refsheet_tui.weights.progress import DownloadEvent, Receiving
from refsheet_tui.weights.store import State, Store
from refsheet_tui.weights.verify import Verification

REPOSITORY = "somebody/demo-GGUF"
OTHER_REPOSITORY = "somebody/demo-mmproj-GGUF"
SIZE = demo_model().stat().st_size
ALL = SIZE + demo_mmproj().stat().st_size


def fetch(entry: Entry, store: Store, *, offline: bool = False) -> list[DownloadEvent]:
    events: list[DownloadEvent] = []
    Download(entry, store, events.append, offline=offline).run()
    return events


def assert_whole(store: Store, entry: Entry, *parts: Path) -> None:
    """`parts` are the model's files where it is not the demo in one file."""
    originals = (*(parts or (demo_model(),)), demo_mmproj())
    for file, original in zip(entry.files, originals, strict=False):
        assert store.path(file).read_bytes() == original.read_bytes()
        assert not store.partials(file)
    assert store.state_of(entry) is State.WHOLE


def stopped(entry: Entry, store: Store, at: int) -> None:
    """A download that a person stops once so many bytes are there."""
    stop = threading.Event()

    def watch(event: DownloadEvent) -> None:
        if isinstance(event, Receiving) and event.done >= at:
            stop.set()

    with pytest.raises(DownloadStoppedError):
        Download(entry, store, watch, stop=stop).run()


def bytes_begun(store: Store, file: RemoteFile) -> int:
    """The bytes that an unfinished download has left."""
    return sum(each.stat().st_size for each in store.partials(file))


def remote(path: Path, repository: str = REPOSITORY, *, pinned: bool = True) -> RemoteFile:
    """`path` as a catalogue has it; with its size and sum when pinned."""
    if not pinned:
        return RemoteFile(repository=repository, file=path.name)
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    return RemoteFile(repository=repository, file=path.name, bytes=len(data), sha256=digest)


def demo_entry(*, pinned: bool = True) -> Entry:
    return Entry(
        title="Demo",
        model=remote(demo_model(), pinned=pinned),
        projector=remote(demo_mmproj(), OTHER_REPOSITORY, pinned=pinned),
    )


def split_entry(parts: Sequence[Path], *, pinned: bool = True) -> Entry:
    """The demo in parts, with its projector."""
    first, *others = (remote(part, pinned=pinned) for part in parts)
    projector = remote(demo_mmproj(), OTHER_REPOSITORY, pinned=pinned)
    return Entry(title="Demo in parts", model=first, more_parts=others, projector=projector)


def verified(model: Path, mmproj: Path | None = None, *, quick: bool = False) -> Report:
    """What is found in files that nobody has described."""
    parts = [Kept.other(part) for part in model_parts(model)]
    projector = Kept.other(mmproj) if mmproj else None
    return Verification(parts, projector, lambda path, count: None).run(quick=quick)

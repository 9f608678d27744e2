"""Fetching all files of a model: whole, true, and going on where an earlier try stopped."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.errors import DownloadError, DownloadStoppedError, StorageError
from refsheet_tui.i18n import _
from refsheet_tui.weights import hub
from refsheet_tui.weights.arrival import Arrival, Order
from refsheet_tui.weights.catalog import Entry, RemoteFile
from refsheet_tui.weights.hub_problems import AGAIN
from refsheet_tui.weights.progress import Asking, DownloadEvent, Receiving, Speed
from refsheet_tui.weights.sizes import in_gb
from refsheet_tui.weights.store import Store

# A disk filled to its last byte is a problem of its own.
_SPARE = 64 << 20


class Download:
    """One model's files, one after the other."""

    def __init__(
        self,
        entry: Entry,
        store: Store,
        on_event: Callable[[DownloadEvent], None],
        *,
        offline: bool = False,
        stop: threading.Event | None = None,
    ) -> None:
        """`on_event` is called in the thread that calls `run`; `stop` may be set from any."""
        self._entry = entry
        self._store = store
        self._on_event = on_event
        self._offline = offline
        self._stop = stop or threading.Event()
        self._before = 0
        self._total = 0

    def run(self) -> tuple[Path, ...]:
        """The files, proven whole. What is there already is not fetched again.

        Raises `DownloadError`, `DownloadStoppedError`, `StorageError`.
        """
        with _storage_problems(self._store.folder):
            return self._run()

    def _run(self) -> tuple[Path, ...]:
        missing = [file for file in self._entry.files if not self._arrival(file).is_here()]
        published = [self._published(file) for file in missing]
        self._check_room(published)
        self._total = sum(each.size or 0 for each in published)
        for each in published:
            self._arrival(each.file).fetch(each)
            self._before += each.size or 0
        return tuple(self._store.path(file) for file in self._entry.files)

    def _arrival(self, file: RemoteFile) -> Arrival:
        return Arrival(
            Order(self._entry, file),
            self._store,
            on_event=self._on_event,
            on_bytes=self._receiving(file),
            check_stop=self._check_stop,
        )

    def _published(self, file: RemoteFile) -> hub.Published:
        """What the hub says of it, which must be what the catalogue says."""
        if self._offline or hub.is_offline():
            switch = _("offline in config.yaml") if self._offline else "HF_HUB_OFFLINE"
            raise DownloadError(
                _("{file} is not on this machine, and {switch} forbids to fetch it.").format(
                    file=file.file, switch=switch
                ),
                _("Change {switch}, or copy the file to {path}.").format(
                    switch=switch, path=self._store.path(file)
                ),
            )
        self._on_event(Asking(file))
        found = hub.ask(self._entry, file)
        for ours, theirs in ((file.bytes, found.size), (file.sha256, found.sha256)):
            if ours is not None and theirs is not None and ours != theirs:
                raise DownloadError(
                    _(
                        "The publisher has put another {file} in its place ({theirs}, not "
                        "{ours}). Nothing was fetched."
                    ).format(file=file.file, theirs=theirs, ours=ours),
                    _(
                        "Take another model, or give the new file an entry of its own in "
                        "catalog.yaml."
                    ),
                )
        return hub.Published(
            file, found.revision, file.bytes or found.size, file.sha256 or found.sha256, found.etag
        )

    def _check_room(self, published: list[hub.Published]) -> None:
        needed = sum(
            max(0, (each.size or 0) - self._arrival(each.file).begun(each)) for each in published
        )
        folder = self._store.folder
        while not paths.exists(folder):
            folder = folder.parent
        free = shutil.disk_usage(folder).free
        if published and free < needed + _SPARE:
            raise DownloadError(
                _("There is room for {free} in {folder}, and {needed} are still to come.").format(
                    free=in_gb(free), folder=self._store.folder, needed=in_gb(needed)
                ),
                _("Free {missing}, or set models_dir in config.yaml.").format(
                    missing=in_gb(needed + _SPARE - free)
                ),
            )

    def _receiving(self, file: RemoteFile) -> Callable[[int, int], None]:
        """Tells how far one file is, and with it the whole."""
        speed = Speed()

        def on_bytes(done: int, total: int) -> None:
            rate = speed.reached(done)
            here = self._before + done
            left = (self._total - here) / rate if rate and self._total else None
            self._on_event(Receiving(file, done, total, here, self._total, rate, left))

        return on_bytes

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise DownloadStoppedError(_("The download was stopped."), _(AGAIN))


@contextmanager
def _storage_problems(folder: Path) -> Iterator[None]:
    """Raises `StorageError` for what the system has against a file there."""
    try:
        yield
    except OSError as error:
        where = error.filename2 or error.filename or folder
        raise StorageError(
            _("{file} can't be used: {reason}.").format(file=where, reason=error.strerror),
            _("Move it away, or mend its permissions. {again}").format(again=_(AGAIN)),
        ) from error

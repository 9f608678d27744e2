"""Downloading and verifying all files of a model. A stopped download is resumed."""

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
from refsheet_tui.weights.catalog import CatalogEntry, RemoteFile
from refsheet_tui.weights.file_download import FileDownload, FileRequest
from refsheet_tui.weights.hub_problems import TRY_AGAIN
from refsheet_tui.weights.model_store import ModelStore
from refsheet_tui.weights.progress import DownloadEvent, QueryingHub, ReceivingFile, TransferRate
from refsheet_tui.weights.sizes import format_bytes

# So much stays free: a disk without any free space causes problems elsewhere.
_RESERVED_BYTES = 64 << 20


class Download:
    """Downloads the files of one model, one after the other."""

    def __init__(
        self,
        entry: CatalogEntry,
        store: ModelStore,
        on_event: Callable[[DownloadEvent], None],
        *,
        offline: bool = False,
        stop: threading.Event | None = None,
    ) -> None:
        """Prepare a download.

        `on_event` is called in the thread that calls `run`. `stop` may be set from any thread.
        """
        self._entry = entry
        self._store = store
        self._on_event = on_event
        self._offline = offline
        self._stop = stop or threading.Event()
        self._bytes_before = 0
        self._total = 0

    def run(self) -> tuple[Path, ...]:
        """Download the files that are missing or damaged, and return all files, verified.

        Raises `DownloadError`, `DownloadStoppedError`, `StorageError`.
        """
        with _translate_storage_errors(self._store.folder):
            return self._run()

    def _run(self) -> tuple[Path, ...]:
        missing = [
            file for file in self._entry.files if not self._file_download(file).use_local_copy()
        ]
        published = [self._query_hub(file) for file in missing]
        self._check_room(published)
        self._total = sum(each.size or 0 for each in published)
        for each in published:
            self._file_download(each.file).download(each)
            self._bytes_before += each.size or 0
        return tuple(self._store.file_path(file) for file in self._entry.files)

    def _file_download(self, file: RemoteFile) -> FileDownload:
        return FileDownload(
            FileRequest(self._entry, file),
            self._store,
            on_event=self._on_event,
            on_bytes=self._progress_callback(file),
            check_stop=self._check_stop,
        )

    def _query_hub(self, file: RemoteFile) -> hub.HubFileInfo:
        """Return what the hub says about a file. Raises `DownloadError` if the catalog differs."""
        if self._offline or hub.is_offline():
            switch = _("offline in config.yaml") if self._offline else "HF_HUB_OFFLINE"
            raise DownloadError(
                _("{file} isn't downloaded, and {switch} prevents downloading it.").format(
                    file=file.file, switch=switch
                ),
                _("Change {switch}, or copy the file to {path}.").format(
                    switch=switch, path=self._store.file_path(file)
                ),
            )
        self._on_event(QueryingHub(file))
        found = hub.fetch_file_info(self._entry, file)
        for ours, theirs in ((file.bytes, found.size), (file.sha256, found.sha256)):
            if ours is not None and theirs is not None and ours != theirs:
                raise DownloadError(
                    _(
                        "The publisher has replaced {file} ({theirs} instead of {ours}). "
                        "Nothing was downloaded."
                    ).format(file=file.file, theirs=theirs, ours=ours),
                    _(
                        "Choose another model, or add the new file to catalog.yaml as a "
                        "separate entry."
                    ),
                )
        return hub.HubFileInfo(
            file, found.revision, file.bytes or found.size, file.sha256 or found.sha256, found.etag
        )

    def _check_room(self, published: list[hub.HubFileInfo]) -> None:
        needed = sum(
            max(0, (each.size or 0) - self._file_download(each.file).partial_size(each))
            for each in published
        )
        folder = self._store.folder
        while not paths.exists(folder):
            folder = folder.parent
        free = shutil.disk_usage(folder).free
        if published and free < needed + _RESERVED_BYTES:
            raise DownloadError(
                _("Not enough space in {folder}: {free} free, {needed} still needed.").format(
                    free=format_bytes(free), folder=self._store.folder, needed=format_bytes(needed)
                ),
                _("Free up {missing}, or change models_dir in config.yaml.").format(
                    missing=format_bytes(needed + _RESERVED_BYTES - free)
                ),
            )

    def _progress_callback(self, file: RemoteFile) -> Callable[[int, int], None]:
        """Return a callback that reports the progress of one file, and of the whole download."""
        speed = TransferRate()

        def on_bytes(done: int, total: int) -> None:
            rate = speed.update_rate(done)
            here = self._bytes_before + done
            left = (self._total - here) / rate if rate and self._total else None
            self._on_event(ReceivingFile(file, done, total, here, self._total, rate, left))

        return on_bytes

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise DownloadStoppedError(_("Download stopped."), _(TRY_AGAIN))


@contextmanager
def _translate_storage_errors(folder: Path) -> Iterator[None]:
    """Raise `StorageError` in place of an error of the system with a file in `folder`."""
    try:
        yield
    except OSError as error:
        where = error.filename2 or error.filename or folder
        raise StorageError(
            _("Can't use {file}: {reason}.").format(file=where, reason=error.strerror),
            _("Move it, or fix its permissions. {again}").format(again=_(TRY_AGAIN)),
        ) from error

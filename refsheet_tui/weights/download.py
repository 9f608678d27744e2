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
        self._finished_bytes = 0
        self._total_bytes = 0

    def run(self) -> tuple[Path, ...]:
        """Download the files that are missing or damaged, and return all files, verified.

        Raises `DownloadError`, `DownloadStoppedError`, `StorageError`.
        """
        with _translate_storage_errors(self._store.folder):
            return self._run()

    def _run(self) -> tuple[Path, ...]:
        missing_files = [
            file for file in self._entry.files if not self._file_download(file).use_local_copy()
        ]
        file_infos = [self._query_hub(file) for file in missing_files]
        self._check_disk_space(file_infos)
        self._total_bytes = sum(each.size or 0 for each in file_infos)
        for each in file_infos:
            self._file_download(each.file).download(each)
            self._finished_bytes += each.size or 0
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
            setting = _("offline in config.yaml") if self._offline else "HF_HUB_OFFLINE"
            raise DownloadError(
                _("{file} isn't downloaded, and {switch} prevents downloading it.").format(
                    file=file.file, switch=setting
                ),
                _("Change {switch}, or copy the file to {path}.").format(
                    switch=setting, path=self._store.file_path(file)
                ),
            )
        self._on_event(QueryingHub(file))
        file_info = hub.fetch_file_info(self._entry, file)
        for catalog_value, hub_value in (
            (file.bytes, file_info.size),
            (file.sha256, file_info.sha256),
        ):
            if catalog_value is not None and hub_value is not None and catalog_value != hub_value:
                raise DownloadError(
                    _(
                        "The publisher has replaced {file} ({theirs} instead of {ours}). "
                        "Nothing was downloaded."
                    ).format(file=file.file, theirs=hub_value, ours=catalog_value),
                    _(
                        "Choose another model, or add the new file to catalog.yaml as a "
                        "separate entry."
                    ),
                )
        return hub.HubFileInfo(
            file,
            file_info.revision,
            file.bytes or file_info.size,
            file.sha256 or file_info.sha256,
            file_info.etag,
        )

    def _check_disk_space(self, file_infos: list[hub.HubFileInfo]) -> None:
        needed_bytes = sum(
            max(0, (each.size or 0) - self._file_download(each.file).partial_size(each))
            for each in file_infos
        )
        folder = self._store.folder
        while not paths.exists(folder):
            folder = folder.parent
        free_bytes = shutil.disk_usage(folder).free
        if file_infos and free_bytes < needed_bytes + _RESERVED_BYTES:
            raise DownloadError(
                _("Not enough space in {folder}: {free} free, {needed} still needed.").format(
                    free=format_bytes(free_bytes),
                    folder=self._store.folder,
                    needed=format_bytes(needed_bytes),
                ),
                _("Free up {missing}, or change models_dir in config.yaml.").format(
                    missing=format_bytes(needed_bytes + _RESERVED_BYTES - free_bytes)
                ),
            )

    def _progress_callback(self, file: RemoteFile) -> Callable[[int, int], None]:
        """Return a callback that reports the progress of one file, and of the whole download."""
        transfer_rate = TransferRate()

        def on_bytes(done: int, total: int) -> None:
            bytes_per_s = transfer_rate.update_rate(done)
            overall_done = self._finished_bytes + done
            remaining_s = (
                (self._total_bytes - overall_done) / bytes_per_s
                if bytes_per_s and self._total_bytes
                else None
            )
            self._on_event(
                ReceivingFile(
                    file, done, total, overall_done, self._total_bytes, bytes_per_s, remaining_s
                )
            )

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
        path = error.filename2 or error.filename or folder
        raise StorageError(
            _("Can't use {file}: {reason}.").format(file=path, reason=error.strerror),
            _("Move it, or fix its permissions. {again}").format(again=_(TRY_AGAIN)),
        ) from error

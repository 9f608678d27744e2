"""Getting one file of a model: from the disk, from the hub's cache, or by a download."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from refsheet_tui import paths
from refsheet_tui.errors import DownloadError
from refsheet_tui.i18n import _
from refsheet_tui.weights import hub
from refsheet_tui.weights.catalog import CatalogEntry, RemoteFile
from refsheet_tui.weights.hashing import sha256
from refsheet_tui.weights.manifest import ChecksumSource, ManifestEntry
from refsheet_tui.weights.model_store import PARTIAL, FileState, ModelStore
from refsheet_tui.weights.progress import CheckingSum, DownloadEvent, FileReady, WaitingForLock

_LOCK_POLL_S = 0.5


@dataclass(frozen=True)
class FileRequest:
    """A file to get, and the model that it belongs to."""

    entry: CatalogEntry
    file: RemoteFile


class FileDownload:
    """Gets and verifies one file for a download."""

    def __init__(
        self,
        request: FileRequest,
        store: ModelStore,
        *,
        on_event: Callable[[DownloadEvent], None],
        on_bytes: Callable[[int, int], None],
        check_stop: Callable[[], None],
    ) -> None:
        """Prepare to get a file.

        Args:
            request: The file.
            store: The folder of the downloaded models.
            on_event: Is called with every event but `ReceivingFile`.
            on_bytes: Is called with the number of bytes that are there, and of the file's bytes.
            check_stop: Raises an error if the download is to stop.
        """
        self._entry = request.entry
        self._file = request.file
        self._store = store
        self._path = store.file_path(request.file)
        self._on_event = on_event
        self._on_bytes = on_bytes
        self._check_stop = check_stop

    def use_local_copy(self) -> bool:
        """Return True if a verified copy is on the disk, without asking the hub.

        A copy in the hub's cache is linked into the folder.
        """
        file, entry = self._file, self._store.manifest_entry(self._file)
        if entry is not None and file.revision not in (None, entry.revision):
            entry = None  # the entry is of another revision
        expected_sha256 = file.sha256 or (entry.sha256 if entry else None)
        if expected_sha256 is None:
            return False
        if self._store.file_state(file) is FileState.COMPLETE and entry is not None:
            modified_ns = self._path.stat().st_mtime_ns
            if (entry.changed_ns, entry.sha256) == (modified_ns, expected_sha256):
                self._on_event(FileReady(file, self._path, expected_sha256, entry.source))
                return True
        revision = file.revision or (entry.revision if entry else None)
        return self._use_verified_copy(expected_sha256, revision)

    def partial_size(self, file_info: hub.HubFileInfo) -> int:
        """Return how many bytes of this version of the file an earlier download left."""
        partial = self._partial_path(file_info)
        return partial.stat().st_size if paths.is_file(partial) else 0

    def download(self, file_info: hub.HubFileInfo) -> None:
        """Download and verify the file.

        Raises `DownloadError`, `StorageError`, and what `check_stop` raises.
        """
        paths.ensure_dir(self._path.parent)
        with self._acquire_lock():
            # Another process may have downloaded it meanwhile.
            if file_info.sha256 and self._use_verified_copy(file_info.sha256, file_info.revision):
                return
            partial = self._partial_path(file_info)
            self._delete_other_partials(partial)
            is_resumed = partial.exists()
            actual_sha256 = self._download_rest(file_info, partial)
            if file_info.sha256 not in (None, actual_sha256) and is_resumed:
                # The bytes of an earlier download may be damaged, by a power cut or a bad disk.
                partial.unlink()
                actual_sha256 = self._download_rest(file_info, partial)
            if file_info.sha256 not in (None, actual_sha256):
                partial.unlink()
                raise DownloadError(
                    _(
                        "The downloaded {file} doesn't match the published file: its "
                        "SHA-256 is {found}, not {wanted}. It was deleted."
                    ).format(file=self._file.file, found=actual_sha256, wanted=file_info.sha256),
                    _("Try again. If the problem persists, something is altering the download."),
                )
            _move_into_place(partial, self._path)
            self._add_to_manifest(
                actual_sha256,
                file_info.revision,
                has_published_checksum=file_info.sha256 is not None,
            )

    def _use_verified_copy(self, expected_sha256: str, revision: str | None) -> bool:
        """Return True if the file is in its place or in the hub's cache, and its checksum right."""
        if (
            self._store.file_state(self._file) is FileState.COMPLETE
            and self._compute_sha256(self._path) == expected_sha256
        ):
            self._add_to_manifest(expected_sha256, revision)
            return True
        return self._link_from_cache(expected_sha256, revision)

    def _link_from_cache(self, expected_sha256: str, revision: str | None) -> bool:
        """Link the file from the hub's cache, which other programs share. Return True if it did."""
        cached_file = hub.find_in_cache(self._file, revision)
        if cached_file is None or self._compute_sha256(cached_file) != expected_sha256:
            return False
        paths.ensure_dir(self._path.parent)
        link = self._path.with_name(f"{self._path.name}.link{PARTIAL}")
        link.unlink(missing_ok=True)
        try:
            # A hard link survives if the cache is emptied, but can't cross file systems.
            link.hardlink_to(cached_file)
        except OSError:
            link.symlink_to(cached_file)
        link.replace(self._path)
        self._add_to_manifest(expected_sha256, revision, is_linked=True)
        return True

    def _download_rest(self, file_info: hub.HubFileInfo, partial: Path) -> str:
        """Download what is missing of the file, and return the checksum of the whole."""
        done = self.partial_size(file_info)
        # The partial file is too long, or neither a size nor a checksum could ever verify it.
        if (file_info.size or done) < done or (done and not (file_info.size or file_info.sha256)):
            partial.unlink()
            done = 0

        def on_bytes(count: int) -> None:
            nonlocal done
            done += count
            self._check_stop()
            self._on_bytes(done, file_info.size or 0)

        on_bytes(0)
        hub.download_file(self._entry, file_info, partial, on_bytes)
        return self._compute_sha256(partial)

    def _compute_sha256(self, path: Path) -> str:
        done, total = 0, path.stat().st_size

        def on_bytes(count: int) -> None:
            nonlocal done
            done += count
            self._check_stop()
            self._on_event(CheckingSum(self._file, done, total))

        return sha256(path, on_bytes)

    def _partial_path(self, file_info: hub.HubFileInfo) -> Path:
        """Return the partial file for this version of the file."""
        version_id = file_info.sha256 or file_info.etag or file_info.revision or ""
        safe_id = "".join(letter for letter in version_id if letter.isalnum())
        return self._path.with_name(f"{self._path.name}.{safe_id[:16]}{PARTIAL}")

    def _delete_other_partials(self, partial: Path) -> None:
        """Delete the partial files of other versions of the file."""
        for other in self._store.partial_files(self._file):
            if other != partial:
                other.unlink(missing_ok=True)

    def _add_to_manifest(
        self,
        actual_sha256: str,
        revision: str | None,
        *,
        has_published_checksum: bool = True,
        is_linked: bool = False,
    ) -> None:
        """Record the file in the manifest, with the source of its checksum."""
        source: ChecksumSource = (
            "catalogue" if self._file.sha256 else "hub" if has_published_checksum else "first sight"
        )
        status = self._path.stat()
        self._store.manifest.set_entry(
            self._store.manifest_name(self._path),
            ManifestEntry(
                status.st_size,
                actual_sha256,
                source,
                status.st_mtime_ns,
                self._file.repository,
                revision,
            ),
        )
        self._on_event(FileReady(self._file, self._path, actual_sha256, source, is_linked))

    @contextmanager
    def _acquire_lock(self) -> Iterator[None]:
        """Wait until no other process downloads the same file, and lock it."""
        lock = FileLock(self._store.lock_path(self._file))
        try:
            lock.acquire(blocking=False)
        except Timeout:
            self._on_event(WaitingForLock(self._file))
            self._wait_for_lock(lock)
        try:
            yield
        finally:
            lock.release()

    def _wait_for_lock(self, lock: FileLock) -> None:
        while not lock.is_locked:
            self._check_stop()
            with suppress(Timeout):
                lock.acquire(timeout=_LOCK_POLL_S)


def _move_into_place(partial: Path, path: Path) -> None:
    """Rename `partial` to `path`, so that the content survives a power cut right after."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)

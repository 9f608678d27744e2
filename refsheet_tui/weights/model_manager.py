"""Managing the models of the catalog: finding their files, removing them, accepting terms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from refsheet_tui import paths
from refsheet_tui.errors import StorageError, WeightsError
from refsheet_tui.i18n import _
from refsheet_tui.weights.catalog import Catalog, CatalogEntry, RemoteFile
from refsheet_tui.weights.choice import ModelChoice
from refsheet_tui.weights.local_file import LocalFile
from refsheet_tui.weights.model_store import FileState, ModelStore

NOTICE_NAME = "NOTICE.txt"


@dataclass(frozen=True)
class InstalledModel:
    """The files of one model on the disk; `parts` are the files of the text model."""

    parts: tuple[LocalFile, ...]
    projector: LocalFile | None

    @property
    def files(self) -> tuple[LocalFile, ...]:
        """All files, the projector last."""
        return (*self.parts, self.projector) if self.projector else self.parts


class ModelManager:
    """The models of a catalog, and their files in a folder."""

    def __init__(self, catalog: Catalog, store: ModelStore) -> None:
        self.catalog = catalog
        self.store = store

    def installed_names(self) -> list[str]:
        """Return the names of the models of which any file is on the disk."""
        states = (
            (name, self.store.entry_state(each)) for name, each in self.catalog.models.items()
        )
        return [name for name, state in states if state is not FileState.ABSENT]

    def installed_model(self, name: str) -> InstalledModel:
        """Return the files of a model.

        Raises `WeightsError` if the catalog has no model of that name, or if a file is missing.
        """
        entry = self.catalog.get_entry(name)
        state = self.store.entry_state(entry)
        if state in (FileState.ABSENT, FileState.PARTIAL):
            raise WeightsError(
                _("{name} is incomplete: {file} is missing.").format(
                    name=name, file=self.store.first_missing_file(entry).file
                ),
                _("Download it: refsheet models download {name}").format(name=name),
            )
        projector = self.store.local_file(entry.projector) if entry.projector else None
        return InstalledModel(tuple(map(self.store.local_file, entry.parts)), projector)

    def model_for_choice(self, choice: ModelChoice) -> InstalledModel:
        """Return the files of a chosen model, with what the catalog and the manifests know."""
        projector = self._local_file_at(choice.mmproj) if choice.mmproj else None
        return InstalledModel(tuple(map(self._local_file_at, choice.parts)), projector)

    def _local_file_at(self, path: Path) -> LocalFile:
        path = paths.absolute_path(path)
        for entry in self.catalog.models.values():
            for file in entry.files:
                if paths.absolute_path(self.store.file_path(file)) == path:
                    return self.store.local_file(file)
        return LocalFile.outside_store(path)

    def remove_model(self, name: str) -> tuple[list[Path], int]:
        """Remove the files of a model, unless another complete model needs them.

        Partial downloads are removed as well. Return the removed files, and the number of bytes
        that were freed. Raises `WeightsError`, `StorageError`.
        """
        entry = self.catalog.get_entry(name)
        removed_files: list[Path] = []
        freed_bytes = 0
        files_to_remove = [
            file
            for file in entry.files
            if not self._is_shared(file, name)
            and self.store.file_state(file) is not FileState.ABSENT
        ]
        with ExitStack() as locks:
            for file in files_to_remove:  # lock all files before the first one is removed
                locks.enter_context(self._lock_against_download(file))
            for file in files_to_remove:
                path = self.store.file_path(file)
                for each in [path, *self.store.partial_files(file)]:
                    if paths.is_file(each):
                        freed_bytes += each.stat().st_size
                        removed_files.append(each)
                        _unlink(each)
                self.store.manifest.remove_entry(self.store.manifest_name(path))
                _remove_lock(self.store.lock_path(file))
        return removed_files, freed_bytes

    def has_accepted_terms(self, entry: CatalogEntry) -> bool:
        """Return True if the user has accepted the terms of a model, or if it has none."""
        licence = self.catalog.licence_of(entry)
        if licence is None:
            return True
        try:
            return licence.url in (self.store.folder / NOTICE_NAME).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return False

    def accept_terms(self, entry: CatalogEntry) -> None:
        """Record that the user accepts the terms: write the notice beside the model files.

        Raises `StorageError`.
        """
        licence = self.catalog.licence_of(entry)
        if licence is None or self.has_accepted_terms(entry):
            return
        self.store.create_folder()
        try:
            with (self.store.folder / NOTICE_NAME).open("a", encoding="utf-8") as file:
                file.write(f"{licence.title}\n{licence.url}\n{licence.notice}\n\n")
        except OSError as error:
            raise StorageError(
                _("Can't write {file}: {reason}.").format(
                    file=self.store.folder / NOTICE_NAME, reason=error.strerror
                ),
                _("Make the folder writable, or change models_dir in config.yaml."),
            ) from error

    def _is_shared(self, file: RemoteFile, name: str) -> bool:
        path = self.store.file_path(file)
        other_entries = (each for other, each in self.catalog.models.items() if other != name)
        return any(
            path in map(self.store.file_path, each.files)
            for each in other_entries
            if self.store.text_model_state(each) is FileState.COMPLETE
        )

    @contextmanager
    def _lock_against_download(self, file: RemoteFile) -> Iterator[None]:
        lock = FileLock(self.store.lock_path(file))
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise WeightsError(
                _("{name} is downloading.").format(name=file.file),
                _("Stop the download first."),
            ) from None
        except OSError as error:
            raise StorageError(
                _("Can't remove {file}: {reason}.").format(
                    file=self.store.file_path(file), reason=error.strerror
                ),
                _("Make the folder writable."),
            ) from error
        try:
            yield
        finally:
            lock.release()


def _remove_lock(lock: Path) -> None:
    """Remove the lock file and empty folders. Only the process that holds the lock may do this."""
    with suppress(OSError):
        lock.unlink(missing_ok=True)
        lock.parent.rmdir()
        lock.parent.parent.rmdir()


def _unlink(path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise StorageError(
            _("Can't remove {file}: {reason}.").format(file=path, reason=error.strerror),
            _("Make the folder writable."),
        ) from error

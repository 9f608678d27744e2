"""The folder of downloaded models: where each file is, and in which state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.weights.catalog import CatalogEntry, RemoteFile
from refsheet_tui.weights.local_file import LocalFile
from refsheet_tui.weights.manifest import MANIFEST_NAME, Manifest, ManifestEntry

PARTIAL = ".part"


class FileState(Enum):
    """The state of a file, or the worst state of all files of a model."""

    COMPLETE = "on disk"
    PARTIAL = "begun"
    DAMAGED = "damaged"
    ABSENT = "available"


@dataclass(frozen=True)
class ModelStore:
    """The folder of downloaded models.

    Its paths are `owner/repository/file`, as on the hub, so files of the same name don't collide.
    """

    folder: Path

    @property
    def manifest(self) -> Manifest:
        """The manifest of the files in this folder."""
        return Manifest(self.folder / MANIFEST_NAME)

    def create_folder(self) -> None:
        """Create the folder if it doesn't exist. Raises `StorageError`."""
        paths.ensure_dir(self.folder)

    def file_path(self, file: RemoteFile) -> Path:
        """Return where a file is, or will be."""
        return self.folder / file.repository / file.file

    def manifest_name(self, path: Path) -> str:
        """Return the name of a file in the manifest of this folder."""
        return path.relative_to(self.folder).as_posix()

    def lock_path(self, file: RemoteFile) -> Path:
        """Return the lock file that a process holds while it downloads `file`."""
        path = self.file_path(file)
        return path.with_name(f".{path.name}.lock")

    def local_file(self, file: RemoteFile) -> LocalFile:
        """Return a file with its expected size and checksum."""
        path = self.file_path(file)
        return LocalFile(path, self.manifest_name(path), self.manifest, file.bytes, file.sha256)

    def partial_files(self, file: RemoteFile) -> list[Path]:
        """Return the partial files that earlier downloads of `file` left."""
        path = self.file_path(file)
        return sorted(path.parent.glob(f"{_escape_glob(path.name)}.*{PARTIAL}"))

    def manifest_entry(self, file: RemoteFile) -> ManifestEntry | None:
        """Return the entry of a file in the manifest; None if it has none."""
        return self.manifest.get_entry(self.manifest_name(self.file_path(file)))

    def expected_size(self, file: RemoteFile) -> int | None:
        """Return the size that a file should have, in bytes; None if it is unknown."""
        if file.bytes is not None:
            return file.bytes
        entry = self.manifest_entry(file)
        return entry.bytes if entry else None

    def expected_model_size(self, entry: CatalogEntry) -> int | None:
        """Return the size that the text model should have, in bytes; None if it is unknown."""
        sizes = [self.expected_size(file) for file in entry.parts]
        return None if None in sizes else sum(size or 0 for size in sizes)

    def file_state(self, file: RemoteFile) -> FileState:
        """Return the state of a file by its size; the module `verify` checks its content."""
        path = self.file_path(file)
        if paths.is_file(path):
            size = self.expected_size(file)
            return FileState.COMPLETE if size in (None, path.stat().st_size) else FileState.DAMAGED
        return FileState.PARTIAL if self.partial_files(file) else FileState.ABSENT

    def first_missing_file(self, entry: CatalogEntry) -> RemoteFile:
        """Return the first missing file of a model that is incomplete."""
        missing = (file for file in entry.files if not paths.is_file(self.file_path(file)))
        return next(missing, entry.model)  # the last file may have arrived meanwhile

    def entry_state(self, entry: CatalogEntry) -> FileState:
        """Return the state of a model with its projector."""
        return self._worst_state(entry.files)

    def text_model_state(self, entry: CatalogEntry) -> FileState:
        """Return the state of a text model without its projector."""
        return self._worst_state(entry.parts)

    def _worst_state(self, files: Iterable[RemoteFile]) -> FileState:
        states = {self.file_state(file) for file in files}
        if len(states) == 1:
            return states.pop()
        return FileState.DAMAGED if FileState.DAMAGED in states else FileState.PARTIAL


def _escape_glob(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "[]*?" else letter for letter in name)

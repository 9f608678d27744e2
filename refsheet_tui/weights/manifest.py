"""The manifest: the size and the checksum of each model file, and where the checksum is from.

The manifest of downloaded files lies beside them, so that they can be moved and verified together.
Other files are in folders of the user or of other programs, where nothing is written: their
manifest is in the program's state folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from refsheet_tui import paths
from refsheet_tui.errors import StorageError
from refsheet_tui.file_io import atomic_write
from refsheet_tui.i18n import _

MANIFEST_NAME = "refsheet-lock.json"

ChecksumSource = Literal["catalogue", "hub", "first sight"]
"""The source of a checksum: the catalog, the hub at the time of the download, or the file itself
when it was first read."""


@dataclass(frozen=True)
class ManifestEntry:
    """The entry of one file.

    Attributes:
        bytes: Its size.
        sha256: Its checksum, in hexadecimal digits.
        source: The source of the checksum.
        changed_ns: Its modification time when the checksum was last verified, in nanoseconds since
            1970. As long as it is the same, the file need not be read again.
        repository: The repository that it was downloaded from; None for other files.
        revision: The commit that it was downloaded from; None for other files.
    """

    bytes: int
    sha256: str
    source: ChecksumSource
    changed_ns: int
    repository: str | None = None
    revision: str | None = None


_FILES = TypeAdapter(dict[str, ManifestEntry])


class Manifest:
    """The entries of all files, in a JSON file that several processes may write at once."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @classmethod
    def for_other_files(cls) -> Manifest:
        """Return the manifest of files that this program did not download, by their URIs."""
        return cls(paths.state_dir() / MANIFEST_NAME)

    def get_entry(self, name: str) -> ManifestEntry | None:
        """Return the entry of a file; None if there is none."""
        return self._read().get(name)

    def set_entry(self, name: str, entry: ManifestEntry) -> None:
        """Save the entry of a file. Raises `StorageError`."""
        self._change(lambda files: files.__setitem__(name, entry))

    def remove_entry(self, name: str) -> None:
        """Remove the entry of a file, if there is one. Raises `StorageError`."""
        self._change(lambda files: files.pop(name, None))

    def _read(self) -> dict[str, ManifestEntry]:
        # A manifest that can't be read counts as empty: the checksums are computed again.
        with suppress(OSError, ValidationError):
            return _FILES.validate_json(self._file.read_bytes())
        return {}

    def _change(self, change: Callable[[dict[str, ManifestEntry]], object]) -> None:
        paths.ensure_dir(self._file.parent)
        try:
            with FileLock(self._file.with_name(f".{self._file.name}.lock")):
                files = self._read()
                change(files)
                content = {name: asdict(entry) for name, entry in sorted(files.items())}
                atomic_write(self._file, json.dumps(content, indent=1).encode())
        except OSError as error:
            raise StorageError(
                _("Can't write {file}: {reason}.").format(file=self._file, reason=error.strerror),
                _("Make the folder writable, or free up some space."),
            ) from error

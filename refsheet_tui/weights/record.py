"""What is known of each model file: its size, its sum, and whose word that is.

The record of what was downloaded lies beside the weights, so that they can be moved and checked
together. Other files lie in folders of the user or of other programs, where nothing is written:
their record is among what the program remembers by itself.
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
from refsheet_tui.i18n import _

FILE_NAME = "refsheet-lock.json"

Source = Literal["catalogue", "hub", "first sight"]
"""Whose word a sum is: the catalogue's, the hub's at download time, or nobody's but the file's own
when it was first seen."""


@dataclass(frozen=True)
class Known:
    """`changed_ns` is the file's time of change when its sum was last found right: an everyday
    look need not read the file again."""

    bytes: int
    sha256: str
    source: Source
    changed_ns: int
    repository: str | None = None
    revision: str | None = None


_FILES = TypeAdapter(dict[str, Known])


class Record:
    """One JSON file. Several processes may write it at once."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @classmethod
    def of_other_files(cls) -> Record:
        """Return the record of files that were not downloaded by this program, by their URIs."""
        return cls(paths.state_dir() / FILE_NAME)

    def get(self, name: str) -> Known | None:
        return self._read().get(name)

    def put(self, name: str, known: Known) -> None:
        """Raises `StorageError`."""
        self._change(lambda files: files.__setitem__(name, known))

    def forget(self, name: str) -> None:
        """Raises `StorageError`."""
        self._change(lambda files: files.pop(name, None))

    def _read(self) -> dict[str, Known]:
        # A record that can't be read is one that knows nothing: sums are found again.
        with suppress(OSError, ValidationError):
            return _FILES.validate_json(self._file.read_bytes())
        return {}

    def _change(self, change: Callable[[dict[str, Known]], object]) -> None:
        paths.ensure_dir(self._file.parent)
        try:
            with FileLock(self._file.with_name(f".{self._file.name}.lock")):
                files = self._read()
                change(files)
                content = {name: asdict(known) for name, known in sorted(files.items())}
                new = self._file.with_suffix(".new")
                new.write_text(json.dumps(content, indent=1), encoding="utf-8")
                new.replace(self._file)
        except OSError as error:
            raise StorageError(
                _("{file} can't be written: {reason}.").format(
                    file=self._file, reason=error.strerror
                ),
                _("Make its folder writable, or free some space."),
            ) from error

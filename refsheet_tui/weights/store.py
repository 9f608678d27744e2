"""The folder that downloaded models live in: which file lies where, and what state it is in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.weights.catalog import Entry, RemoteFile
from refsheet_tui.weights.content import Kept
from refsheet_tui.weights.record import FILE_NAME, Known, Record

PARTIAL = ".part"


class State(Enum):
    """Of a file, or of all files of an entry: the worst of them."""

    WHOLE = "on disk"
    PARTIAL = "begun"
    DAMAGED = "damaged"
    ABSENT = "available"


@dataclass(frozen=True)
class Store:
    """`folder` holds `owner/repository/file`, as the hub does: files of one name don't meet."""

    folder: Path

    @property
    def record(self) -> Record:
        return Record(self.folder / FILE_NAME)

    def create(self) -> None:
        """Raises `StorageError`."""
        paths.ensure_dir(self.folder)

    def path(self, file: RemoteFile) -> Path:
        return self.folder / file.repository / file.file

    def name(self, path: Path) -> str:
        """What the record calls a file of this folder."""
        return path.relative_to(self.folder).as_posix()

    def lock(self, file: RemoteFile) -> Path:
        """Held by whoever fetches it."""
        path = self.path(file)
        return path.with_name(f".{path.name}.lock")

    def kept(self, file: RemoteFile) -> Kept:
        """The file with what it should be."""
        path = self.path(file)
        return Kept(path, self.name(path), self.record, file.bytes, file.sha256)

    def partials(self, file: RemoteFile) -> list[Path]:
        """What earlier downloads of it left behind."""
        path = self.path(file)
        return sorted(path.parent.glob(f"{_escaped(path.name)}.*{PARTIAL}"))

    def known(self, file: RemoteFile) -> Known | None:
        return self.record.get(self.name(self.path(file)))

    def size(self, file: RemoteFile) -> int | None:
        """The bytes it should have; None when nobody said."""
        if file.bytes is not None:
            return file.bytes
        known = self.known(file)
        return known.bytes if known else None

    def model_size(self, entry: Entry) -> int | None:
        """Return the bytes that the text model's files should have; None when nobody said."""
        sizes = [self.size(file) for file in entry.parts]
        return None if None in sizes else sum(size or 0 for size in sizes)

    def state(self, file: RemoteFile) -> State:
        """By its size: see `verify` for its content."""
        path = self.path(file)
        if paths.is_file(path):
            size = self.size(file)
            return State.WHOLE if size in (None, path.stat().st_size) else State.DAMAGED
        return State.PARTIAL if self.partials(file) else State.ABSENT

    def first_missing(self, entry: Entry) -> RemoteFile:
        """Return the first file that is not there, of an entry that is not whole."""
        missing = (file for file in entry.files if not paths.is_file(self.path(file)))
        return next(missing, entry.model)  # the last may have arrived meanwhile

    def state_of(self, entry: Entry) -> State:
        return self._worst(entry.files)

    def state_of_model(self, entry: Entry) -> State:
        """Return the state of the text model's files alone."""
        return self._worst(entry.parts)

    def _worst(self, files: Iterable[RemoteFile]) -> State:
        states = {self.state(file) for file in files}
        if len(states) == 1:
            return states.pop()
        return State.DAMAGED if State.DAMAGED in states else State.PARTIAL


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "[]*?" else letter for letter in name)

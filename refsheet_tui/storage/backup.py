"""All that is the person's own in one file: a ZIP of the database and the pictures."""

from __future__ import annotations

import re
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.errors import BackupError, StorageError
from refsheet_tui.i18n import N_, _
from refsheet_tui.storage.database import Database
from refsheet_tui.storage.layout import FILE_NAME, PICTURES
from refsheet_tui.storage.pictures import PictureStore
from refsheet_tui.untrusted import one_line

_HASH = re.compile(r"[0-9a-f]{64}")
_AGAIN = N_("Choose another file.")
_COMPANIONS = ("-wal", "-shm", ".damaged")
_BLOCK = 1 << 20
# RuntimeError: it is encrypted; NotImplementedError: packed in a way that nobody here knows.
_NO_BACKUP = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    EOFError,
    RuntimeError,
    NotImplementedError,
)


def write_backup(database: Database, file: Path) -> int:
    """The bytes of a consistent copy, also while other programs write. Raises `StorageError`."""
    pictures = PictureStore(database)
    new = file.with_name(f".{file.name}.new")
    try:
        with tempfile.TemporaryDirectory(prefix="refsheet-") as folder:
            copy = Path(folder) / FILE_NAME
            database.copy_to(copy)
            with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.write(copy, FILE_NAME)
                for sha256 in _pictures_in(copy):
                    path = pictures.path(sha256)
                    if paths.is_file(path):
                        # Pictures are compressed already.
                        archive.write(path, f"{PICTURES}/{sha256}", zipfile.ZIP_STORED)
        new.replace(file)
        return file.stat().st_size
    except OSError as error:
        raise StorageError(
            _("{file} can't be written: {reason}.").format(
                file=one_line(str(file)), reason=error.strerror
            ),
            _("Free some space there, or choose another place."),
        ) from error
    finally:
        new.unlink(missing_ok=True)


def read_backup(file: Path, folder: Path) -> None:
    """Unpack into `folder`, which must be empty, and look whether it is whole. Names in the file
    are compared, never used as paths. Raises `BackupError`, `StorageError`."""
    name = one_line(str(file))
    paths.ensure_dir(folder)
    try:
        with zipfile.ZipFile(file) as archive:
            _copy(archive, FILE_NAME, folder / FILE_NAME)
            known = set(archive.namelist())
            database = Database(folder / FILE_NAME)
            try:
                if database.recovered or database.row("PRAGMA quick_check") != ("ok",):
                    raise BackupError(
                        _("The database in {file} is damaged.").format(file=name), _(_AGAIN)
                    )
                pictures = PictureStore(database)
                for row in database.rows("SELECT sha256 FROM pictures"):
                    sha256 = str(row[0])
                    path, packed = pictures.path(sha256), f"{PICTURES}/{sha256}"
                    if packed in known and _HASH.fullmatch(sha256):
                        paths.ensure_dir(path.parent)
                        _copy(archive, packed, path)
            finally:
                database.close()
    except FileNotFoundError as error:
        raise BackupError(
            _("{file} can't be read: {reason}.").format(file=name, reason=error.strerror), _(_AGAIN)
        ) from error
    except _NO_BACKUP as error:
        raise BackupError(
            _("{file} is no backup of refsheet, or a damaged one.").format(file=name), _(_AGAIN)
        ) from error
    except OSError as error:
        raise BackupError(
            _("{file} can't be restored: {reason}.").format(file=name, reason=error.strerror),
            _(_AGAIN),
        ) from error


def put_in_place(folder: Path, data: Path) -> Path | None:
    """Let what was unpacked in `folder` be the library in `data`; where what was there is now, if
    there was anything. Raises `StorageError`."""
    aside = data / f"before-restore-{datetime.now():%Y%m%d-%H%M%S}"
    try:
        found = [path for path in _parts(data) if path.exists()]
        with _locked(data / FILE_NAME) if found else nullcontext():
            if found:
                aside.mkdir()
            for path in found:
                path.rename(aside / path.name)
            for path in _parts(folder):
                if path.exists():
                    path.rename(data / path.name)
    except OSError as error:
        raise StorageError(
            _("The library in {folder} can't be replaced: {reason}.").format(
                folder=data, reason=error.strerror
            ),
            _("What was there is in {aside}.").format(aside=aside),
        ) from error
    return aside if found else None


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Nobody writes meanwhile, as far as it can be locked; who does so later finds another file in
    its place, and says so."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        with suppress(sqlite3.DatabaseError):
            connection.execute("BEGIN IMMEDIATE")
        yield


def _parts(folder: Path) -> list[Path]:
    names = [FILE_NAME, *(f"{FILE_NAME}{end}" for end in _COMPANIONS), PICTURES]
    return [folder / name for name in names]


def _pictures_in(copy: Path) -> list[str]:
    connection = sqlite3.connect(copy)
    try:
        return [row[0] for row in connection.execute("SELECT sha256 FROM pictures")]
    finally:
        connection.close()


def _copy(archive: zipfile.ZipFile, name: str, target: Path) -> None:
    with archive.open(name) as source, target.open("wb") as out:
        while block := source.read(_BLOCK):
            out.write(block)

"""Backups of the user's library: a ZIP file with the database and the pictures."""

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
from refsheet_tui.storage.layout import DATABASE_NAME, PICTURES_FOLDER
from refsheet_tui.storage.pictures import PictureStore
from refsheet_tui.untrusted import one_line

_HASH = re.compile(r"[0-9a-f]{64}")
_CHOOSE_ANOTHER_FILE = N_("Choose another file.")
_COMPANION_SUFFIXES = ("-wal", "-shm", ".damaged")
_BLOCK_BYTES = 1 << 20
# RuntimeError: the file is encrypted. NotImplementedError: the compression is unknown.
_BAD_ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    EOFError,
    RuntimeError,
    NotImplementedError,
)


def write_backup(database: Database, file: Path) -> int:
    """Write a consistent copy of the library, even while other processes write to it.

    Returns the size of the backup in bytes. Raises `StorageError`.
    """
    pictures = PictureStore(database)
    temporary_file = file.with_name(f".{file.name}.new")
    try:
        with tempfile.TemporaryDirectory(prefix="refsheet-") as folder:
            database_copy = Path(folder) / DATABASE_NAME
            database.backup_to(database_copy)
            with zipfile.ZipFile(temporary_file, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.write(database_copy, DATABASE_NAME)
                for sha256 in _read_picture_hashes(database_copy):
                    path = pictures.picture_path(sha256)
                    if paths.is_file(path):
                        # Pictures are compressed already.
                        archive.write(path, f"{PICTURES_FOLDER}/{sha256}", zipfile.ZIP_STORED)
        temporary_file.replace(file)
        return file.stat().st_size
    except OSError as error:
        raise StorageError(
            _("Can't write {file}: {reason}.").format(
                file=one_line(str(file)), reason=error.strerror
            ),
            _("Free up some space there, or choose another location."),
        ) from error
    finally:
        temporary_file.unlink(missing_ok=True)


def unpack_backup(file: Path, folder: Path) -> None:
    """Unpack a backup into `folder`, which must be empty, and check that it is complete.

    Names in the file are compared, and never used as paths. Raises `BackupError`, `StorageError`.
    """
    name = one_line(str(file))
    paths.ensure_dir(folder)
    try:
        with zipfile.ZipFile(file) as archive:
            _extract_member(archive, DATABASE_NAME, folder / DATABASE_NAME)
            member_names = set(archive.namelist())
            database = Database(folder / DATABASE_NAME)
            try:
                if database.recovery_notice or database.fetch_row("PRAGMA quick_check") != ("ok",):
                    raise BackupError(
                        _("The database in {file} is damaged.").format(file=name),
                        _(_CHOOSE_ANOTHER_FILE),
                    )
                pictures = PictureStore(database)
                for row in database.fetch_rows("SELECT sha256 FROM pictures"):
                    sha256 = str(row[0])
                    path, member_name = pictures.picture_path(sha256), f"{PICTURES_FOLDER}/{sha256}"
                    if member_name in member_names and _HASH.fullmatch(sha256):
                        paths.ensure_dir(path.parent)
                        _extract_member(archive, member_name, path)
            finally:
                database.close()
    except FileNotFoundError as error:
        raise BackupError(
            _("Can't read {file}: {reason}.").format(file=name, reason=error.strerror),
            _(_CHOOSE_ANOTHER_FILE),
        ) from error
    except _BAD_ARCHIVE_ERRORS as error:
        raise BackupError(
            _("{file} isn't a RefSheet backup, or it is damaged.").format(file=name),
            _(_CHOOSE_ANOTHER_FILE),
        ) from error
    except OSError as error:
        raise BackupError(
            _("Can't restore {file}: {reason}.").format(file=name, reason=error.strerror),
            _(_CHOOSE_ANOTHER_FILE),
        ) from error


def install_backup(folder: Path, data_folder: Path) -> Path | None:
    """Replace the library in `data_folder` by the one that was unpacked into `folder`.

    Returns the folder that the old library was moved to; None if there was none. Raises
    `StorageError`.
    """
    old_library_folder = data_folder / f"before-restore-{datetime.now():%Y%m%d-%H%M%S}"
    try:
        old_paths = [path for path in _library_paths(data_folder) if path.exists()]
        with _lock_database(data_folder / DATABASE_NAME) if old_paths else nullcontext():
            if old_paths:
                old_library_folder.mkdir()
            for path in old_paths:
                path.rename(old_library_folder / path.name)
            for path in _library_paths(folder):
                if path.exists():
                    path.rename(data_folder / path.name)
    except OSError as error:
        raise StorageError(
            _("Can't replace the library in {folder}: {reason}.").format(
                folder=data_folder, reason=error.strerror
            ),
            _("The previous library is in {aside}.").format(aside=old_library_folder),
        ) from error
    return old_library_folder if old_paths else None


@contextmanager
def _lock_database(file: Path) -> Iterator[None]:
    """Lock the database against other processes, unless it is too damaged to be locked.

    A process that writes later finds another file in its place, and reports that.
    """
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        with suppress(sqlite3.DatabaseError):
            connection.execute("BEGIN IMMEDIATE")
        yield


def _library_paths(folder: Path) -> list[Path]:
    names = [
        DATABASE_NAME,
        *(f"{DATABASE_NAME}{suffix}" for suffix in _COMPANION_SUFFIXES),
        PICTURES_FOLDER,
    ]
    return [folder / name for name in names]


def _read_picture_hashes(database_file: Path) -> list[str]:
    connection = sqlite3.connect(database_file)
    try:
        return [row[0] for row in connection.execute("SELECT sha256 FROM pictures")]
    finally:
        connection.close()


def _extract_member(archive: zipfile.ZipFile, name: str, target: Path) -> None:
    with archive.open(name) as source, target.open("wb") as out:
        while block := source.read(_BLOCK_BYTES):
            out.write(block)

"""Backups of the user's library: a ZIP file with the database and the pictures."""

from __future__ import annotations

import re
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.errors import BackupError, StorageError
from refsheet_tui.file_io import is_disk_full, open_new_file
from refsheet_tui.i18n import N_, _
from refsheet_tui.storage.database import Database
from refsheet_tui.storage.layout import DATABASE_NAME, PICTURES_FOLDER
from refsheet_tui.storage.pictures import PictureStore
from refsheet_tui.untrusted import one_line

_HASH = re.compile(r"[0-9a-f]{64}")
_CHOOSE_ANOTHER_FILE = N_("Choose another file.")
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


def write_backup(database: Database, file: Path, *, force: bool = False) -> int:
    """Write a consistent copy of the library, even while other processes write to it.

    Args:
        database: The database of the library.
        file: The file to write.
        force: Replace a file that exists.

    Returns:
        The size of the backup in bytes.

    Raises:
        StorageError: The file exists, or can't be written.
    """
    pictures = PictureStore(database)
    with (
        open_new_file(file, force=force, is_private=True) as out,
        _create_temporary_folder() as folder,
    ):
        database_copy = folder / DATABASE_NAME
        _copy_database(database, database_copy)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(database_copy, DATABASE_NAME)
            for sha256 in _read_picture_hashes(database_copy):
                path = pictures.picture_path(sha256)
                if paths.is_file(path):
                    data, name = _read_picture(path), f"{PICTURES_FOLDER}/{sha256}"
                    # Pictures are compressed already.
                    archive.writestr(name, data, zipfile.ZIP_STORED)
        return out.tell()


def _read_picture(file: Path) -> bytes:
    """Return a saved picture. Raises `StorageError`."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise StorageError(
            _("Can't read {file}: {reason}.").format(
                file=one_line(str(file)), reason=error.strerror
            ),
            _("Check the file's permissions."),
        ) from error


def _copy_database(database: Database, copy: Path) -> None:
    """Copy the database into a temporary folder. Raises `StorageError`."""
    try:
        database.backup_to(copy)
    except OSError as error:
        raise StorageError(
            _("No space left in {folder} for a copy of the library.").format(
                folder=tempfile.gettempdir()
            ),
            _("Free up some space there, or set TMPDIR to another folder."),
        ) from error


@contextmanager
def _create_temporary_folder() -> Iterator[Path]:
    """Create a folder for the copy of the database. Raises `StorageError`."""
    with ExitStack() as stack:
        try:
            folder = tempfile.TemporaryDirectory(prefix="refsheet-", ignore_cleanup_errors=True)
        except OSError as error:  # a full disk too: Python has tried every folder it knows
            raise StorageError(
                _("Can't create a temporary folder: {reason}.").format(reason=error.strerror),
                _("Free up some space, or set TMPDIR to another folder."),
            ) from error
        yield Path(stack.enter_context(folder))


def unpack_backup(file: Path, folder: Path) -> None:
    """Unpack a backup into `folder`, and check that it is complete.

    `folder` is a new one in a temporary folder of the data folder.

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
        if is_disk_full(error):
            # `folder` is a temporary one, in another inside the data folder.
            raise StorageError(
                _("Can't restore {file}: no space left in {folder}.").format(
                    file=name, folder=one_line(str(folder.parent.parent))
                ),
                _("Free up some space there."),
            ) from error
        raise BackupError(
            _("Can't restore {file}: {reason}.").format(file=name, reason=error.strerror),
            _(_CHOOSE_ANOTHER_FILE),
        ) from error


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

"""The pictures of the library: unchanged files, each stored once by the hash of its bytes."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from time import time

from refsheet_tui import paths
from refsheet_tui.errors import StorageError
from refsheet_tui.file_io import atomic_write
from refsheet_tui.i18n import _
from refsheet_tui.storage.database import Database
from refsheet_tui.storage.layout import picture_path


class PictureStore:
    """The picture files, in a folder beside the database.

    The database knows which characters and messages use each picture.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def picture_path(self, sha256: str) -> Path:
        """Return where the picture of a SHA-256 hash is. It may be missing."""
        return picture_path(self._database.file, sha256)

    def add_picture(self, connection: sqlite3.Connection, data: bytes) -> str:
        """Save a picture.

        The same transaction must also insert what uses the picture, because unused pictures are
        deleted at any time.

        Args:
            connection: The connection of the open transaction.
            data: The bytes of the picture file.

        Returns:
            The SHA-256 hash of `data`, in hexadecimal digits.

        Raises:
            StorageError: The file can't be written.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        _write(self.picture_path(sha256), data)
        connection.execute(
            "INSERT OR IGNORE INTO pictures (sha256, bytes, created) VALUES (?, ?, ?)",
            (sha256, len(data), time()),
        )
        return sha256

    def delete_unused(self, connection: sqlite3.Connection) -> int:
        """Delete the pictures that nothing uses any more.

        No other process can add them again before the transaction ends.

        Args:
            connection: The connection of the open transaction.

        Returns:
            The number of deleted pictures.
        """
        unused_rows = connection.execute(
            "SELECT sha256 FROM pictures WHERE sha256 NOT IN (SELECT sha256 FROM version_pictures)"
            " AND sha256 NOT IN (SELECT sha256 FROM message_pictures)"
        ).fetchall()
        for (sha256,) in unused_rows:
            self.picture_path(sha256).unlink(missing_ok=True)
        connection.executemany("DELETE FROM pictures WHERE sha256 = ?", unused_rows)
        return len(unused_rows)


def _write(path: Path, data: bytes) -> None:
    if paths.is_file(path) and path.stat().st_size == len(data):
        return
    try:
        atomic_write(path, data, durable=True)
    except OSError as error:
        raise StorageError(
            _("Can't save the picture in {folder}: {reason}.").format(
                folder=path.parent, reason=error.strerror
            ),
            _("Free up some space there, or make the folder writable."),
        ) from error

"""Pictures as they came, each once, by the hash of its bytes."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from pathlib import Path
from time import time

from refsheet_tui import paths
from refsheet_tui.errors import StorageError
from refsheet_tui.i18n import _
from refsheet_tui.storage.database import Database
from refsheet_tui.storage.layout import picture_path


class PictureStore:
    """Files in a folder beside the database, which knows who needs them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def path(self, sha256: str) -> Path:
        """Where the picture is; it need not be there any more."""
        return picture_path(self._database.file, sha256)

    def add(self, connection: sqlite3.Connection, data: bytes) -> str:
        """Keep a picture; its hash. Within the step that also says who needs it: what nobody needs
        is taken away by whoever looks next. Raises `StorageError`."""
        sha256 = hashlib.sha256(data).hexdigest()
        _write(self.path(sha256), data)
        connection.execute(
            "INSERT OR IGNORE INTO pictures (sha256, bytes, created) VALUES (?, ?, ?)",
            (sha256, len(data), time()),
        )
        return sha256

    def collect(self, connection: sqlite3.Connection) -> int:
        """Take away the pictures that nobody needs any more; how many. Nobody else can add them
        again before the step ends."""
        unneeded = connection.execute(
            "SELECT sha256 FROM pictures WHERE sha256 NOT IN (SELECT sha256 FROM version_pictures)"
            " AND sha256 NOT IN (SELECT sha256 FROM message_pictures)"
        ).fetchall()
        for (sha256,) in unneeded:
            self.path(sha256).unlink(missing_ok=True)
        connection.executemany("DELETE FROM pictures WHERE sha256 = ?", unneeded)
        return len(unneeded)


def _write(path: Path, data: bytes) -> None:
    if paths.is_file(path) and path.stat().st_size == len(data):
        return
    paths.ensure_dir(path.parent)
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise StorageError(
            _("A picture can't be kept in {folder}: {reason}.").format(
                folder=path.parent, reason=error.strerror
            ),
            _("Free some space there, or make it writable."),
        ) from error

"""The SQLite file: opening, migrating and recovering it, and transactions."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.errors import StorageError
from refsheet_tui.file_io import make_private
from refsheet_tui.i18n import N_, _, join_sentences
from refsheet_tui.storage.layout import damage_marker, picture_path
from refsheet_tui.storage.library_lock import lock_library
from refsheet_tui.storage.migrations import MIGRATIONS
from refsheet_tui.storage.recovery import (
    finish_recovery,
    is_recovery_unfinished,
    recover,
    untold_damaged_files,
)
from refsheet_tui.storage.restore import (
    finish_restore,
    is_restore_unfinished,
    untold_previous_folders,
)
from refsheet_tui.storage.untold import mark_as_told

# Seconds for which a write waits for another process.
_BUSY_TIMEOUT_S = 10.0

_RESTORED_NOTICE = N_(
    "A restore was interrupted, and is finished now. Your previous data is in {folder}."
)
_EMPTY_NOTICE = N_(
    "{file} was empty, so this is a new library. To restore a backup: "
    "refsheet restore FILE --replace"
)
_SMALLEST_PAGE = 512  # bytes
_NO_SPACE_ERRORS = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)

SqlValue = str | int | float | bytes | None
Row = tuple[SqlValue, ...]


class Database:
    """A connection to the database. Only one thread uses it at a time.

    Other processes may use the same file.

    Attributes:
        file: The database file.
        recovery_notice: The text that tells the user of a recovery; None if there was none.
    """

    def __init__(self, file: Path, *, in_memory: bool = False) -> None:
        """Open the database, or create it.

        A damaged file is moved aside, and a new one gets everything that can be read of it.
        `recovery_notice` tells the user.

        Args:
            file: The database file.
            in_memory: Use no database file. The path still decides where pictures are.

        Raises:
            StorageError: The file is of a newer version of the program, or can't be used.
        """
        self.file = file
        self.recovery_notice: str | None = None
        self._lock = threading.RLock()
        self._inode: int | None = None
        if in_memory:
            self._connection = _connect(":memory:")
            return
        make_private(paths.ensure_dir(file.parent))
        self._finish_interrupted()
        is_empty = _size_of(file) == 0 and not _size_of(Path(f"{file}-wal"))
        self._connection = self._open_if_intact() or self._recover()
        make_private(file)
        self._inode = file.stat().st_ino
        previous_folders = untold_previous_folders(file.parent)
        damaged_files = untold_damaged_files(file)
        notices = [
            *(_(_RESTORED_NOTICE).format(folder=each) for each in previous_folders),
            *(_describe_recovery(self._connection, file, each) for each in damaged_files),
            _(_EMPTY_NOTICE).format(file=file) if is_empty else "",
        ]
        self.recovery_notice = join_sentences(*notices) or None
        for path in (*previous_folders, *damaged_files):
            mark_as_told(path)

    def _finish_interrupted(self) -> None:
        """Finish a restore and a recovery that were interrupted."""
        folder = self.file.parent
        if is_restore_unfinished(folder) or is_recovery_unfinished(self.file):
            with lock_library(self.file):
                finish_restore(folder)
                finish_recovery(self.file)

    def _open_if_intact(self) -> sqlite3.Connection | None:
        try:
            # SQLite takes a file that is shorter than a page for an empty one.
            is_too_short = 0 < (_size_of(self.file) or 0) < _SMALLEST_PAGE
            is_damaged = is_too_short or damage_marker(self.file).exists()
            return None if is_damaged else _connect(self.file)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise _storage_error(self.file, error) from error
            return None

    def _recover(self) -> sqlite3.Connection:
        # If several processes find the file damaged, one of them recovers it.
        with lock_library(self.file):
            if (connection := self._open_if_intact()) is not None:
                return connection
            recover(self.file, _connect, partial(picture_path, self.file))
        return _connect(self.file)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a transaction: it is written as a whole or not at all, even if the power fails.

        The changes are on the disk when the block ends.

        Yields:
            The connection to write with.

        Raises:
            StorageError: The transaction failed, and nothing was written.
        """
        with self._lock, self._translate_errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._check_not_replaced()
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _check_not_replaced(self) -> None:
        """Check that the file is still the one that was opened. Raises `StorageError` if not.

        Otherwise, changes would be written to a file that nothing opens again.
        """
        if self._inode is None:  # in memory
            return
        if not self._is_same_file():
            raise StorageError(
                _("{file} was replaced by a restore or recovery.").format(file=self.file),
                _("Restart RefSheet. Your last message wasn't saved."),
            )

    def _is_same_file(self) -> bool:
        try:
            return self.file.stat().st_ino == self._inode
        except OSError:
            return False

    def fetch_rows(self, query: str, parameters: Sequence[SqlValue] = ()) -> list[Row]:
        """Return all rows that a query finds.

        Args:
            query: A `SELECT` statement.
            parameters: The values of its placeholders.

        Raises:
            StorageError: The query failed.
        """
        with self._lock, self._translate_errors():
            return self._connection.execute(query, parameters).fetchall()

    def fetch_row(self, query: str, parameters: Sequence[SqlValue] = ()) -> Row | None:
        """Return the first row that a query finds; None if it finds nothing.

        Args:
            query: A `SELECT` statement.
            parameters: The values of its placeholders.

        Raises:
            StorageError: The query failed.
        """
        rows = self.fetch_rows(query, parameters)
        return rows[0] if rows else None

    def backup_to(self, file: Path) -> None:
        """Write a consistent copy to `file`, even while other processes write.

        Raises:
            StorageError: The database can't be read.
            OSError: There is no space for the copy.
        """
        with self._lock, self._translate_errors():
            copy = sqlite3.connect(file)
            try:
                self._connection.backup(copy)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode in _NO_SPACE_ERRORS:  # the original is only read
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file)) from error
                raise
            finally:
                copy.close()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if _is_damage(error) and self._is_same_file():
                # Opening a file doesn't check all of it. The marker makes the next start recover.
                with suppress(OSError):
                    damage_marker(self.file).touch()
            raise _storage_error(self.file, error) from error


def _size_of(file: Path) -> int | None:
    return file.stat().st_size if file.exists() else None


def _describe_recovery(connection: sqlite3.Connection, file: Path, damaged_file: Path) -> str:
    counts = [
        int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        for table in ("characters", "chats", "messages")
    ]
    if not any(counts):
        return _(
            "{file} was damaged, and nothing could be read. The damaged file is {damaged_file}. "
            "To restore a backup: refsheet restore FILE --replace"
        ).format(file=file.name, damaged_file=damaged_file)
    return _(
        "{file} was damaged. Everything that could be read is here again (characters: "
        "{characters}, chats: {chats}, messages: {messages}). The damaged file is {damaged_file}."
    ).format(
        file=file.name,
        characters=f"{counts[0]:,}",
        chats=f"{counts[1]:,}",
        messages=f"{counts[2]:,}",
        damaged_file=damaged_file,
    )


def _connect(file: Path | str) -> sqlite3.Connection:
    """Open a database file, and migrate it. Raises `sqlite3.DatabaseError`, `StorageError`."""
    connection = sqlite3.connect(
        file, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: a commit returns only when the data is on the disk.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # What is deleted is overwritten.
        connection.execute("PRAGMA secure_delete = ON")
        _migrate(connection, file)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, file: Path | str) -> None:
    if _user_version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Ask again: another process may have migrated the file meanwhile.
        version = _user_version(connection)
        if version > len(MIGRATIONS):
            raise StorageError(
                _("{file} was written by a newer version of RefSheet.").format(file=file),
                _("Update RefSheet, or set REFSHEET_DATA_DIR to another folder."),
            )
        for number, migration in enumerate(MIGRATIONS[version:], version + 1):
            for statement in _split_statements(migration):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _split_statements(script: str) -> Iterator[str]:
    """Yield the statements of a script; `executescript` would commit the open transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _user_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    # Python has `sqlite_errorcode` only from 3.11 on.
    return "disk image is malformed" in str(error) or "not a database" in str(error)


def _storage_error(file: Path, error: sqlite3.DatabaseError) -> StorageError:
    reason = str(error)
    if _is_damage(error):
        return StorageError(
            _("{file} is damaged ({reason}).").format(file=file, reason=reason),
            _("Restart RefSheet. It sets the file aside and recovers what it can."),
        )
    if "locked" in reason:
        return StorageError(
            _("Another program has been writing to {file} for {seconds} s.").format(
                file=file, seconds=f"{_BUSY_TIMEOUT_S:.0f}"
            ),
            _("Try again when it's done."),
        )
    if "full" in reason:
        return StorageError(
            _("No space left for {file}.").format(file=file),
            _("Free up some space, then try again."),
        )
    return StorageError(
        _("Can't use {file}: {reason}.").format(file=file, reason=reason),
        _("Check the file's permissions and the free disk space."),
    )

"""The SQLite file: opened, brought up to date, and written in whole steps."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from refsheet_tui import paths
from refsheet_tui.errors import StorageError
from refsheet_tui.i18n import _
from refsheet_tui.storage.layout import picture_path
from refsheet_tui.storage.migrations import MIGRATIONS
from refsheet_tui.storage.recovery import recover

# Seconds that a write waits for another program's.
_PATIENCE_S = 10.0
# The same for one that saves what it can of a large library.
_RECOVERY_S = 120.0

Value = str | int | float | bytes | None
Row = tuple[Value, ...]


class Database:
    """One connection, used by one thread at a time. Other programs may use the same file."""

    def __init__(self, file: Path) -> None:
        """Open `file`, or create it. A damaged one is kept aside and recovered: `recovered` then
        says so.

        Raises `StorageError` for one of a newer version, or that can't be used.
        """
        self.file = file
        self.recovered: str | None = None
        self._lock = threading.RLock()
        paths.ensure_dir(file.parent)
        self._connection = self._undamaged() or self._recovered()
        self._inode = file.stat().st_ino

    def _undamaged(self) -> sqlite3.Connection | None:
        try:
            return None if _mark(self.file).exists() else _open(self.file)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise _problem(self.file, error) from error
            return None

    def _recovered(self) -> sqlite3.Connection:
        # Of two programs that find it damaged, one recovers it.
        with self._alone():
            if (connection := self._undamaged()) is not None:
                return connection
            aside = recover(self.file, _open, partial(picture_path, self.file))
            _mark(self.file).unlink(missing_ok=True)
        self.recovered = (
            f"{self.file.name} was damaged. What could be read is here again; the damaged file is "
            f"{aside}."
        )
        return _open(self.file)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            with FileLock(f"{self.file}.lock", timeout=_RECOVERY_S):
                yield
        except Timeout as error:
            raise StorageError(
                _("Another program has been recovering {file} for {seconds} s.").format(
                    file=self.file, seconds=f"{_RECOVERY_S:.0f}"
                ),
                _("Try again when it is done."),
            ) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A step that happens as a whole, or not at all, also when the power fails: it is on the
        disk when the block ends. Raises `StorageError`."""
        with self._lock, self._problems():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._check_place()
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _check_place(self) -> None:
        """Whether what is written now would be found again."""
        try:
            is_there = self.file.stat().st_ino == self._inode
        except OSError:
            is_there = False
        if not is_there:
            raise StorageError(
                _("{file} was replaced meanwhile, by a restore or a recovery.").format(
                    file=self.file
                ),
                _("Start refsheet again; what you said last is not kept."),
            )

    def rows(self, query: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """What is found. Raises `StorageError`."""
        with self._lock, self._problems():
            return self._connection.execute(query, parameters).fetchall()

    def row(self, query: str, parameters: Sequence[Value] = ()) -> Row | None:
        """The first of what is found. Raises `StorageError`."""
        found = self.rows(query, parameters)
        return found[0] if found else None

    def copy_to(self, file: Path) -> None:
        """A consistent copy, while anybody goes on writing. Raises `StorageError`."""
        with self._lock, self._problems():
            copy = sqlite3.connect(file)
            try:
                self._connection.backup(copy)
            finally:
                copy.close()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _problems(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if _is_damage(error):
                # Not everything is looked at when a file is opened: the next time it is recovered.
                with suppress(OSError):
                    _mark(self.file).touch()
            raise _problem(self.file, error) from error


def _mark(file: Path) -> Path:
    return file.with_name(f"{file.name}.damaged")


def _open(file: Path) -> sqlite3.Connection:
    """Raises `sqlite3.DatabaseError`, `StorageError`."""
    connection = sqlite3.connect(
        file, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: what was committed is on the disk, not on its way there.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        _bring_up_to_date(connection, file)
    except BaseException:
        connection.close()
        raise
    return connection


def _bring_up_to_date(connection: sqlite3.Connection, file: Path) -> None:
    if _version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Asked again: another program may have done it meanwhile.
        version = _version(connection)
        if version > len(MIGRATIONS):
            raise StorageError(
                _("{file} was written by a newer version of refsheet.").format(file=file),
                _("Update refsheet, or set REFSHEET_DATA_DIR to another folder."),
            )
        for number, migration in enumerate(MIGRATIONS[version:], version + 1):
            for statement in _statements(migration):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    """One after the other: `executescript` would commit before it begins."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    # sqlite_errorcode is there from Python 3.11 on.
    return "disk image is malformed" in str(error) or "not a database" in str(error)


def _problem(file: Path, error: sqlite3.DatabaseError) -> StorageError:
    words = str(error)
    if _is_damage(error):
        return StorageError(
            _("{file} is damaged ({reason}).").format(file=file, reason=words),
            _("Start refsheet again: it keeps the file aside and recovers what it can."),
        )
    if "locked" in words:
        return StorageError(
            _("Another program has been writing to {file} for {seconds} s.").format(
                file=file, seconds=f"{_PATIENCE_S:.0f}"
            ),
            _("Try again when it is done."),
        )
    if "full" in words:
        return StorageError(
            _("There is no room left for {file}.").format(file=file),
            _("Free some space, then try again."),
        )
    return StorageError(
        _("{file} can't be used: {reason}.").format(file=file, reason=words),
        _("Check its permissions, and the space beside it."),
    )

"""Locks around everything that replaces the files of a library."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from refsheet_tui.errors import StorageError
from refsheet_tui.i18n import _

# Seconds for which a process waits for another one that recovers the file, which may be large.
_TIMEOUT_S = 120.0


@contextmanager
def lock_library(file: Path) -> Iterator[None]:
    """Keep other processes from recovering or restoring the library of the database `file`.

    Raises:
        StorageError: Another process has the lock for long, or the folder can't have a lock.
    """
    lock = FileLock(f"{file}.lock", timeout=_TIMEOUT_S)
    try:
        lock.acquire()
    except Timeout as error:
        raise StorageError(
            _("Another program has been recovering {file} for {seconds} s.").format(
                file=file, seconds=f"{_TIMEOUT_S:.0f}"
            ),
            _("Try again when it's done."),
        ) from error
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StorageError(
            _("{file} needs repair, and its folder can't be changed: {reason}.").format(
                file=file, reason=reason
            ),
            _("Make the folder writable, and check the free disk space."),
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def lock_database(file: Path) -> Iterator[None]:
    """Keep other processes from writing to a database, unless it is too damaged to be locked.

    A process that writes later finds another file in its place, and reports that.
    """
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        with suppress(sqlite3.DatabaseError):
            connection.execute("BEGIN IMMEDIATE")
        yield

"""Saving from a damaged database what SQLite can still read of it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from refsheet_tui.errors import StorageError

# Parents first: what refers to something comes behind it.
_TABLES = (
    "pictures",
    "characters",
    "character_versions",
    "version_pictures",
    "chats",
    "messages",
    "message_pictures",
)
# Rows that are read at once.
_STEP = 50
_COMPANIONS = ("", "-wal", "-shm")


# All else that is searched is indexed as it is copied.
_INDEX_CHARACTERS = """
INSERT INTO character_words (rowid, name, text) SELECT id, name, text FROM words_of_characters
"""
Row = tuple[Any, ...]


def recover(file: Path, create: Callable[[Path], sqlite3.Connection]) -> Path:
    """Put `file` aside, and a new one in its place that holds what could be read. Returns where the
    damaged one is. Raises `StorageError`."""
    aside = file.with_name(f"{file.stem}-damaged-{datetime.now():%Y%m%d-%H%M%S}{file.suffix}")
    try:
        for companion in _COMPANIONS:
            with suppress(FileNotFoundError):
                os.rename(f"{file}{companion}", f"{aside}{companion}")  # noqa: PTH104 - not paths
    except OSError as error:
        raise StorageError(
            f"{file} is damaged, and can't be put aside: {error.strerror}.",
            "Make its folder writable.",
        ) from error
    damaged = sqlite3.connect(aside, isolation_level=None)
    new = create(file)
    try:
        new.execute("PRAGMA foreign_keys = OFF")
        new.execute("BEGIN")
        for table in _TABLES:
            _copy(damaged, new, table)
        _cut_loose_ends(new)
        new.execute(_INDEX_CHARACTERS)
        new.execute("COMMIT")
    finally:
        new.close()
        damaged.close()
    return aside


def _copy(damaged: sqlite3.Connection, new: sqlite3.Connection, table: str) -> None:
    # An older version may have written it, without some of them.
    there = {row[1] for row in _readable(damaged, f"PRAGMA table_info({table})")}
    known = [row[1] for row in new.execute(f"PRAGMA table_info({table})")]
    columns = [column for column in known if column in there]
    if not columns:
        return
    places = ", ".join("?" * len(columns))
    insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({places})"
    read = _by_number if columns[0] == "id" else _from_both_ends
    for row in read(damaged, f"SELECT {', '.join(columns)} FROM {table}", columns[0]):
        with suppress(sqlite3.IntegrityError):
            new.execute(insert, row)


def _by_number(damaged: sqlite3.Connection, select: str, key: str) -> Iterator[Row]:
    """In small steps, and one by one where a step fails."""
    numbers = [row[0] for row in _readable(damaged, f"{select} ORDER BY {key} DESC LIMIT 1")]
    for begin in range(0, (numbers or [0])[0] + 1, _STEP):
        step = f"{select} WHERE {key} BETWEEN {begin} AND {begin + _STEP - 1}"
        try:
            yield from damaged.execute(step).fetchall()
        except sqlite3.DatabaseError:
            for number in range(begin, begin + _STEP):
                yield from _readable(damaged, f"{select} WHERE {key} = {number}")


def _from_both_ends(damaged: sqlite3.Connection, select: str, key: str) -> Iterator[Row]:
    """Behind a page that can't be read there may be more."""
    for order in ("ASC", "DESC"):
        yield from _readable(damaged, f"{select} ORDER BY {key} {order}")


def _readable(damaged: sqlite3.Connection, query: str) -> Iterator[Row]:
    with suppress(sqlite3.DatabaseError):
        yield from damaged.execute(query)


def _cut_loose_ends(new: sqlite3.Connection) -> None:
    """What refers to something that is gone: a message begins its chat anew, all else goes."""
    while broken := new.execute("PRAGMA foreign_key_check").fetchall():
        for table, rowid, parent, _ in broken:
            if table == "messages" and parent == "messages":
                new.execute("UPDATE messages SET parent = NULL WHERE id = ?", (rowid,))
            elif rowid is not None:
                new.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))
            else:  # without rowids: the tables of pictures
                new.execute(
                    f"DELETE FROM {table} WHERE sha256 NOT IN (SELECT sha256 FROM pictures) OR "
                    + (
                        "version NOT IN (SELECT id FROM character_versions)"
                        if table == "version_pictures"
                        else "message NOT IN (SELECT id FROM messages)"
                    )
                )

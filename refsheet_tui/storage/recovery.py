"""Copying everything that SQLite can still read from a damaged database into a new one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from time import time
from typing import Any

from refsheet_tui.errors import StorageError
from refsheet_tui.i18n import _

# A table comes after the tables that it refers to.
_TABLES = (
    "pictures",
    "characters",
    "character_versions",
    "version_pictures",
    "chats",
    "messages",
    "message_pictures",
)
# The number of rows to read at once, the longest gap of numbers to jump over, and the most numbers
# of a gap to try one by one.
_BATCH_ROWS, _MAX_JUMP, _MAX_TRIES = 50, 1 << 32, 200_000
_COMPANION_SUFFIXES = ("", "-wal", "-shm")
# A column without valid JSON would make the program fail on everything that refers to its row. Rows
# that are missing are made up from the rows that refer to them, so that these keep their texts.
_REPAIR_SQL = """
UPDATE character_versions SET content = json_object(
    'name', coalesce((SELECT name FROM characters WHERE id = character), '')
) WHERE NOT json_valid(content);
INSERT INTO characters (id, name, version, created, used)
    SELECT character, coalesce(json_extract(content, '$.name'), ''), max(id), min(created),
        max(created)
    FROM character_versions WHERE character NOT IN (SELECT id FROM characters) GROUP BY character;
INSERT INTO character_versions (character, content, created)
    SELECT id, json_object('name', name), created FROM characters
    WHERE id NOT IN (SELECT character FROM character_versions);
UPDATE characters SET version = (
    SELECT max(id) FROM character_versions WHERE character = characters.id
) WHERE version IS NULL OR version NOT IN (SELECT id FROM character_versions);
UPDATE chats SET version = NULL WHERE version NOT IN (SELECT id FROM character_versions);
INSERT INTO chats (id, beginning, begun, created, used)
    SELECT chat, coalesce(
        (SELECT substr(text, 1, 200) FROM messages AS candidate
         WHERE candidate.chat = messages.chat ORDER BY role = 'user' DESC, id LIMIT 1), ''
    ), max(role = 'user'), min(created), max(created)
    FROM messages WHERE chat NOT IN (SELECT id FROM chats) GROUP BY chat;
UPDATE chats SET extra = '{}' WHERE NOT json_valid(extra);
UPDATE messages SET extra = '{}' WHERE NOT json_valid(extra);
UPDATE messages SET asides = '[]' WHERE NOT json_valid(asides);
"""
_FINISH_SQL = """
UPDATE chats SET leaf = (
    SELECT max(id) FROM messages WHERE chat = chats.id AND deleted IS NULL
) WHERE leaf IS NULL OR leaf NOT IN (SELECT id FROM messages);
DELETE FROM character_words;
INSERT INTO character_words (rowid, name, text) SELECT id, name, text FROM words_of_characters;
"""

Row = tuple[Any, ...]


def recover(
    file: Path,
    create_database: Callable[[Path], sqlite3.Connection],
    picture_path: Callable[[str], Path],
) -> Path:
    """Replace a damaged database file by a new one with everything that can be read of it.

    Until the new file is complete, nothing is changed.

    Args:
        file: The damaged file.
        create_database: Creates a database file, with all of its tables.
        picture_path: Returns where the picture of a hash is.

    Returns:
        The path that the damaged file was moved to.

    Raises:
        StorageError: The new file can't be written, or nothing can be read.
    """
    renamed_file = file.with_name(
        f"{file.stem}-damaged-{datetime.now():%Y%m%d-%H%M%S}{file.suffix}"
    )
    new = file.with_name(f"{file.name}.recovering")
    try:
        for companion in _COMPANION_SUFFIXES:
            Path(f"{new}{companion}").unlink(missing_ok=True)
        with closing(sqlite3.connect(file, isolation_level=None)) as damaged:
            damaged.text_factory = lambda data: data.decode("utf-8", "replace")
            # No other process may write meanwhile; a badly damaged file can't be locked.
            with suppress(sqlite3.DatabaseError):
                damaged.execute("BEGIN IMMEDIATE")
            with closing(create_database(new)) as connection:
                _copy_readable(connection, damaged, picture_path)
            # A process that has the old file open finds another one at its next write, and reports
            # that.
            for companion in _COMPANION_SUFFIXES:
                with suppress(FileNotFoundError):
                    os.rename(f"{file}{companion}", f"{renamed_file}{companion}")  # noqa: PTH104 - not paths
            new.rename(file)
    except OSError as error:
        raise StorageError(
            _("{file} is damaged and can't be recovered: {reason}.").format(
                file=file, reason=error.strerror
            ),
            _("Make the folder writable, and check the free disk space."),
        ) from error
    except sqlite3.Error as error:
        raise StorageError(
            _("{file} is damaged and can't be recovered: {reason}.").format(
                file=file, reason=error
            ),
            _("The file is unchanged. Restore a backup: refsheet restore FILE --replace"),
        ) from error
    return renamed_file


def _copy_readable(
    new: sqlite3.Connection, damaged: sqlite3.Connection, picture_path: Callable[[str], Path]
) -> None:
    new.execute("PRAGMA foreign_keys = OFF")
    new.execute("BEGIN")
    for table in _TABLES:
        _copy_table(damaged, new, table)
    _register_pictures(new, picture_path)
    _run_script(new, _REPAIR_SQL)
    _repair_references(new)
    _run_script(new, _FINISH_SQL)
    new.execute("COMMIT")


def _run_script(new: sqlite3.Connection, script: str) -> None:
    """Run the statements of a script inside of the open transaction, unlike `executescript`."""
    for statement in script.split(";\n"):
        new.execute(statement)


def _copy_table(damaged: sqlite3.Connection, new: sqlite3.Connection, table: str) -> None:
    # An older version of the program may have written the file, with fewer columns.
    old_columns = {row[1] for row in _read_rows(damaged, f"PRAGMA table_info({table})")}
    new_columns = [row[1] for row in new.execute(f"PRAGMA table_info({table})")]
    columns = [column for column in new_columns if column in old_columns]
    if not columns:
        return
    placeholders = ", ".join("?" * len(columns))
    insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({placeholders})"
    read_rows = _read_by_id if columns[0] == "id" else _read_from_both_ends
    for row in read_rows(damaged, f"SELECT {', '.join(columns)} FROM {table}", columns[0]):
        with suppress(sqlite3.IntegrityError):
            new.execute(insert, row)


def _read_by_id(damaged: sqlite3.Connection, select: str, key: str) -> Iterator[Row]:
    """Yield the rows of a table by growing numbers.

    After a place that can't be read, numbers further and further behind it are tried; then the
    numbers in the gap, one by one. A damaged page may hold rows of a wrong place, so rows whose
    numbers don't grow are ignored.
    """
    last, jump = -1, 0
    while jump < _MAX_JUMP:
        query = f"{select} WHERE {key} > {last + jump} ORDER BY {key} LIMIT {_BATCH_ROWS}"
        readable_rows, is_complete = _read_until_error(damaged, query)
        rows = [row for row in readable_rows if row[0] > last + jump]
        if rows or (is_complete and not readable_rows):
            yield from _read_one_by_one(damaged, select, key, range(last + 1, last + jump + 1))
        if rows:
            yield from rows
            last, jump = max(row[0] for row in rows), 0 if is_complete else 1
        elif is_complete and not readable_rows:
            return
        else:
            jump = max(1, 2 * jump)
    yield from _read_one_by_one(damaged, select, key, range(last + 1, last + _BATCH_ROWS))
    backwards = f"{select} WHERE {key} > {last} ORDER BY {key} DESC"
    yield from _read_until_error(damaged, backwards)[0]


def _read_until_error(damaged: sqlite3.Connection, query: str) -> tuple[list[Row], bool]:
    """Return the rows that can be read, and True if these are all rows of the query."""
    rows: list[Row] = []
    try:
        rows += damaged.execute(query)
    except sqlite3.DatabaseError:
        return rows, False
    return rows, True


def _read_one_by_one(
    damaged: sqlite3.Connection, select: str, key: str, numbers: range
) -> Iterator[Row]:
    for number in numbers[:_MAX_TRIES]:
        yield from _read_rows(damaged, f"{select} WHERE {key} = {number}")


def _read_from_both_ends(damaged: sqlite3.Connection, select: str, key: str) -> Iterator[Row]:
    """Yield the rows before and after a damaged page: read from the beginning and from the end."""
    for order in ("ASC", "DESC"):
        yield from _read_rows(damaged, f"{select} ORDER BY {key} {order}")


def _read_rows(damaged: sqlite3.Connection, query: str) -> Iterator[Row]:
    with suppress(sqlite3.DatabaseError):
        yield from damaged.execute(query)


def _register_pictures(new: sqlite3.Connection, picture_path: Callable[[str], Path]) -> None:
    """Add the pictures that rows refer to, but that are missing in the table of pictures.

    Their files may still exist, or the user may put them back.
    """
    for (sha256,) in new.execute(
        "SELECT sha256 FROM version_pictures UNION SELECT sha256 FROM message_pictures"
        " EXCEPT SELECT sha256 FROM pictures"
    ).fetchall():
        size = 0
        with suppress(OSError, ValueError):
            size = picture_path(sha256).stat().st_size
        new.execute("INSERT INTO pictures VALUES (?, ?, ?)", (sha256, size, time()))


def _repair_references(new: sqlite3.Connection) -> None:
    """Repair rows that refer to a missing row.

    A message becomes the first one of its chat; all other rows are deleted.
    """
    while violations := new.execute("PRAGMA foreign_key_check").fetchall():
        for table, rowid, parent, _key in violations:
            if table == "messages" and parent == "messages":
                new.execute("UPDATE messages SET parent = NULL WHERE id = ?", (rowid,))
            elif rowid is not None:
                new.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))
            else:  # the tables of pictures have no rowids
                new.execute(
                    f"DELETE FROM {table} WHERE sha256 NOT IN (SELECT sha256 FROM pictures) OR "
                    + (
                        "version NOT IN (SELECT id FROM character_versions)"
                        if table == "version_pictures"
                        else "message NOT IN (SELECT id FROM messages)"
                    )
                )

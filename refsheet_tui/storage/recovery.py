"""Saving from a damaged database what SQLite can still read of it."""

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
# Rows that are read at once; how far a gap is jumped over; how many in it are tried one by one.
_STEP, _FAR, _MOST_TRIED = 50, 1 << 32, 200_000
_COMPANIONS = ("", "-wal", "-shm")
# What is no JSON any more would keep all that refers to it from being read; and who refers to
# something that is gone keeps its own words.
_MEND = """
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
        (SELECT substr(text, 1, 200) FROM messages AS said
         WHERE said.chat = messages.chat ORDER BY role = 'user' DESC, id LIMIT 1), ''
    ), max(role = 'user'), min(created), max(created)
    FROM messages WHERE chat NOT IN (SELECT id FROM chats) GROUP BY chat;
UPDATE chats SET extra = '{}' WHERE NOT json_valid(extra);
UPDATE messages SET extra = '{}' WHERE NOT json_valid(extra);
UPDATE messages SET asides = '[]' WHERE NOT json_valid(asides);
"""
_FINISH = """
UPDATE chats SET leaf = (
    SELECT max(id) FROM messages WHERE chat = chats.id AND deleted IS NULL
) WHERE leaf IS NULL OR leaf NOT IN (SELECT id FROM messages);
DELETE FROM character_words;
INSERT INTO character_words (rowid, name, text) SELECT id, name, text FROM words_of_characters;
"""

Row = tuple[Any, ...]


def recover(
    file: Path, create: Callable[[Path], sqlite3.Connection], picture: Callable[[str], Path]
) -> Path:
    """Put in the place of `file` a new one that holds what could be read. Returns where the damaged
    one is. `picture` is where the picture of a hash would be.

    Until the new one is whole, everything stays as it is. Raises `StorageError`.
    """
    aside = file.with_name(f"{file.stem}-damaged-{datetime.now():%Y%m%d-%H%M%S}{file.suffix}")
    new = file.with_name(f"{file.name}.recovering")
    try:
        for companion in _COMPANIONS:
            Path(f"{new}{companion}").unlink(missing_ok=True)
        with closing(sqlite3.connect(file, isolation_level=None)) as damaged:
            damaged.text_factory = lambda data: data.decode("utf-8", "replace")
            # Nobody else writes meanwhile, as far as it still can be locked.
            with suppress(sqlite3.DatabaseError):
                damaged.execute("BEGIN IMMEDIATE")
            with closing(create(new)) as connection:
                _fill(connection, damaged, picture)
            # Who has it open and writes next finds another file there, and says so.
            for companion in _COMPANIONS:
                with suppress(FileNotFoundError):
                    os.rename(f"{file}{companion}", f"{aside}{companion}")  # noqa: PTH104 - not paths
            new.rename(file)
    except OSError as error:
        raise StorageError(
            _("{file} is damaged, and can't be recovered: {reason}.").format(
                file=file, reason=error.strerror
            ),
            _("Make its folder writable, and see that there is room."),
        ) from error
    except sqlite3.Error as error:
        raise StorageError(
            _("{file} is damaged, and can't be recovered: {reason}.").format(
                file=file, reason=error
            ),
            _("It stays as it is. Restore a backup: refsheet restore FILE --replace"),
        ) from error
    return aside


def _fill(
    new: sqlite3.Connection, damaged: sqlite3.Connection, picture: Callable[[str], Path]
) -> None:
    new.execute("PRAGMA foreign_keys = OFF")
    new.execute("BEGIN")
    for table in _TABLES:
        _copy(damaged, new, table)
    _know_pictures(new, picture)
    _run(new, _MEND)
    _cut_loose_ends(new)
    _run(new, _FINISH)
    new.execute("COMMIT")


def _run(new: sqlite3.Connection, script: str) -> None:
    """Within the step that is open, unlike `executescript`."""
    for statement in script.split(";\n"):
        new.execute(statement)


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
    """From the first number on. Where a step can't be read, further and further behind it is
    tried, and what was jumped over one by one. A page may hold what is long behind: numbers that do
    not grow are not believed."""
    last, jump = -1, 0
    while jump < _FAR:
        step = f"{select} WHERE {key} > {last + jump} ORDER BY {key} LIMIT {_STEP}"
        found, is_whole = _until_an_error(damaged, step)
        rows = [row for row in found if row[0] > last + jump]
        if rows or (is_whole and not found):
            yield from _one_by_one(damaged, select, key, range(last + 1, last + jump + 1))
        if rows:
            yield from rows
            last, jump = max(row[0] for row in rows), 0 if is_whole else 1
        elif is_whole and not found:
            return
        else:
            jump = max(1, 2 * jump)
    yield from _one_by_one(damaged, select, key, range(last + 1, last + _STEP))
    backwards = f"{select} WHERE {key} > {last} ORDER BY {key} DESC"
    yield from _until_an_error(damaged, backwards)[0]


def _until_an_error(damaged: sqlite3.Connection, query: str) -> tuple[list[Row], bool]:
    """What can be read, and whether that is all."""
    found: list[Row] = []
    try:
        found += damaged.execute(query)
    except sqlite3.DatabaseError:
        return found, False
    return found, True


def _one_by_one(
    damaged: sqlite3.Connection, select: str, key: str, numbers: range
) -> Iterator[Row]:
    for number in numbers[:_MOST_TRIED]:
        yield from _readable(damaged, f"{select} WHERE {key} = {number}")


def _from_both_ends(damaged: sqlite3.Connection, select: str, key: str) -> Iterator[Row]:
    """Behind a page that can't be read there may be more."""
    for order in ("ASC", "DESC"):
        yield from _readable(damaged, f"{select} ORDER BY {key} {order}")


def _readable(damaged: sqlite3.Connection, query: str) -> Iterator[Row]:
    with suppress(sqlite3.DatabaseError):
        yield from damaged.execute(query)


def _know_pictures(new: sqlite3.Connection, picture: Callable[[str], Path]) -> None:
    """Whatever the list of them says: the files are there, or may be put there again."""
    for (sha256,) in new.execute(
        "SELECT sha256 FROM version_pictures UNION SELECT sha256 FROM message_pictures"
        " EXCEPT SELECT sha256 FROM pictures"
    ).fetchall():
        size = 0
        with suppress(OSError, ValueError):
            size = picture(sha256).stat().st_size
        new.execute("INSERT INTO pictures VALUES (?, ?, ?)", (sha256, size, time()))


def _cut_loose_ends(new: sqlite3.Connection) -> None:
    """What refers to something that is gone: a message begins its chat anew, all else goes."""
    while broken := new.execute("PRAGMA foreign_key_check").fetchall():
        for table, rowid, parent, _key in broken:
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

"""Copying everything that a damaged database file still contains into a new one."""

from __future__ import annotations

import glob
import mmap
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from time import time

from refsheet_tui.errors import StorageError
from refsheet_tui.file_io import link_or_copy, sync_folder
from refsheet_tui.i18n import _
from refsheet_tui.storage.database_pages import DatabasePages, Record
from refsheet_tui.storage.layout import damage_marker
from refsheet_tui.storage.library_lock import lock_database
from refsheet_tui.storage.migrations import MAX_TIME_S
from refsheet_tui.storage.salvage import FoundRow, TableLayout, find_rows, read_layouts
from refsheet_tui.storage.untold import mark_as_untold, untold_paths
from refsheet_tui.storage.write_ahead_log import read_log

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
# The tables whose rows the tables of pictures refer to.
_OWNERS = {"version_pictures": "character_versions", "message_pictures": "messages"}
_LOG_SUFFIXES = ("-wal", "-shm")
_COMPANION_SUFFIXES = ("", *_LOG_SUFFIXES)
# Between the name of the file and the time, in the name of a new file that is complete.
_COMPLETE = ".recovered-"
# A column without valid JSON would make the program fail on everything that refers to its row. Rows
# that are missing are made up from the rows that refer to them, so that these keep their texts. A
# message is always newer than the one that it answers.
_REPAIR_SQL = """
UPDATE character_versions SET content = json_object(
    'name', coalesce((SELECT name FROM characters WHERE id = character), ''), 'description', content
) WHERE CASE WHEN json_valid(content) THEN json_type(content) <> 'object' ELSE 1 END;
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
UPDATE chats SET extra = '{}'
    WHERE CASE WHEN json_valid(extra) THEN json_type(extra) <> 'object' ELSE 1 END;
UPDATE messages SET extra = '{}'
    WHERE CASE WHEN json_valid(extra) THEN json_type(extra) <> 'object' ELSE 1 END;
UPDATE messages SET asides = '[]' WHERE CASE WHEN json_valid(asides) THEN
    json_type(asides) <> 'array' OR EXISTS (SELECT 1 FROM json_each(asides) WHERE type <> 'text')
    ELSE 1 END;
UPDATE messages SET parent = NULL WHERE parent >= id
"""
# Times that no calendar has would make every list fail.
_TIME_COLUMNS = {
    "characters": ("created", "used", "deleted"),
    "character_versions": ("created", "left"),
    "chats": ("created", "used", "deleted"),
    "messages": ("created", "deleted"),
}
_FINISH_SQL = """
UPDATE chats SET leaf = (
    SELECT max(id) FROM messages WHERE chat = chats.id AND deleted IS NULL
) WHERE leaf IS NULL OR leaf NOT IN (SELECT id FROM messages);
DELETE FROM character_words;
INSERT INTO character_words (rowid, name, text) SELECT id, name, text FROM words_of_characters;
"""


def recover(
    file: Path,
    create_database: Callable[[Path], sqlite3.Connection],
    picture_path: Callable[[str], Path],
) -> None:
    """Replace a damaged database file by a new one with everything that can be read of it.

    Until the new file is complete, nothing is changed. If the program is killed after that,
    `finish_recovery` does the rest.

    Args:
        file: The damaged file.
        create_database: Creates a database file, with all of its tables.
        picture_path: Returns where the picture of a hash is.

    Raises:
        StorageError: The files can't be read or written.
    """
    new = file.with_name(f"{file.name}.recovering")
    complete = _free_name(file)
    try:
        for suffix in _COMPANION_SUFFIXES:
            Path(f"{new}{suffix}").unlink(missing_ok=True)
        with (
            lock_database(file),
            closing(create_database(new)) as connection,
            _open_pages(file) as pages,
        ):
            _copy_rows(connection, pages, picture_path)
            connection.execute("PRAGMA journal_mode = DELETE")  # all of it is in one file
        new.rename(complete)
        sync_folder(file.parent)
        _install(file, complete)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)  # it may be what fills the disk
        raise _not_recovered_error(file, error) from error


def is_recovery_unfinished(file: Path) -> bool:
    """Return True if a recovery was interrupted when the new file was complete."""
    return _find_complete(file) is not None


def finish_recovery(file: Path) -> None:
    """Finish a recovery that was interrupted when the new file was complete.

    Raises `StorageError`.
    """
    complete = _find_complete(file)
    try:
        if complete is not None:
            _install(file, complete)
    except OSError as error:
        raise _not_recovered_error(file, error) from error


def untold_damaged_files(file: Path) -> list[Path]:
    """Return the damaged files that `file` took the place of, and that nobody was told of."""
    return untold_paths(file.parent, f"{glob.escape(file.stem)}-damaged-*")


def _free_name(file: Path) -> Path:
    """Return the name of a complete new file: the damaged one isn't named yet after this time."""
    now = datetime.now()
    while _damaged_file(file, f"{now:%Y%m%d-%H%M%S}").exists():
        now += timedelta(seconds=1)
    return file.with_name(f"{file.name}{_COMPLETE}{now:%Y%m%d-%H%M%S}")


def _damaged_file(file: Path, time_of_recovery: str) -> Path:
    return file.with_name(f"{file.stem}-damaged-{time_of_recovery}{file.suffix}")


def _find_complete(file: Path) -> Path | None:
    return max(file.parent.glob(f"{glob.escape(file.name)}{_COMPLETE}*"), default=None)


def _not_recovered_error(file: Path, error: OSError | sqlite3.Error) -> StorageError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return StorageError(
        _("{file} is damaged and can't be recovered: {reason}.").format(file=file, reason=reason),
        _("Make the folder writable, and check the free disk space."),
    )


def _install(file: Path, complete: Path) -> None:
    """Put the complete new file in the place of `file`, which gets another name.

    Every step can be done again, and until the last one the new file has its special name.
    """
    time_of_recovery = complete.name.removeprefix(f"{file.name}{_COMPLETE}")
    damaged_file = _damaged_file(file, time_of_recovery)
    for suffix in _COMPANION_SUFFIXES:
        old, kept = Path(f"{file}{suffix}"), Path(f"{damaged_file}{suffix}")
        if old.exists() and not kept.exists():
            link_or_copy(old, kept)
    mark_as_untold(damaged_file)
    sync_folder(file.parent)
    for old in (*(Path(f"{file}{suffix}") for suffix in _LOG_SUFFIXES), damage_marker(file)):
        old.unlink(missing_ok=True)  # SQLite would take a log for one of the new file
    sync_folder(file.parent)
    # A process that has the old file open finds another one at its next write, and reports that.
    complete.replace(file)
    sync_folder(file.parent)


@contextmanager
def _open_pages(file: Path) -> Iterator[DatabasePages]:
    log = Path(f"{file}-wal")
    newer_pages = read_log(log.read_bytes()) if log.exists() else {}
    with file.open("rb") as opened:
        if not opened.seek(0, os.SEEK_END):  # an empty file can't be mapped
            yield DatabasePages(b"", newer_pages)
            return
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield DatabasePages(content, newer_pages)


def _copy_rows(
    new: sqlite3.Connection, pages: DatabasePages, picture_path: Callable[[str], Path]
) -> None:
    new.execute("PRAGMA foreign_keys = OFF")
    new.execute("BEGIN")
    undecided: list[FoundRow] = []
    for found in find_rows(pages, read_layouts(new, _TABLES)):
        if len(found.layouts) == 1:
            _insert(new, found.layouts[0], found.record)
        else:
            undecided.append(found)
    for found in undecided:
        for layout in found.layouts:
            if _has_owner(new, layout, found.record) and _insert(new, layout, found.record):
                break
    _register_pictures(new, picture_path)
    _run_script(new, _REPAIR_SQL)
    for table, columns in _TIME_COLUMNS.items():
        for column in columns:
            new.execute(
                f"UPDATE {table} SET {column} = ? WHERE {column} NOT BETWEEN 0 AND ?",
                (time(), MAX_TIME_S),
            )
    _repair_references(new)
    _run_script(new, _FINISH_SQL)
    new.execute("COMMIT")


def _insert(new: sqlite3.Connection, layout: TableLayout, record: Record) -> bool:
    """Add a row, unless there is one of the same key. Return False if it was not added."""
    row = layout.row_of(record)
    columns = ", ".join(column.name for column in layout.columns[: len(row)])
    placeholders = ", ".join("?" * len(row))
    insert = f"INSERT OR IGNORE INTO {layout.name} ({columns}) VALUES ({placeholders})"
    with suppress(sqlite3.IntegrityError):
        return new.execute(insert, row).rowcount == 1
    return False


def _has_owner(new: sqlite3.Connection, layout: TableLayout, record: Record) -> bool:
    """Return True if the message or the version that a picture belongs to was found."""
    owners = _OWNERS[layout.name]
    query = f"SELECT 1 FROM {owners} WHERE id = ?"
    return new.execute(query, (record.values[0],)).fetchone() is not None


def _run_script(new: sqlite3.Connection, script: str) -> None:
    """Run the statements of a script inside of the open transaction, unlike `executescript`."""
    for statement in script.split(";\n"):
        new.execute(statement)


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

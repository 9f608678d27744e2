#!/usr/bin/env python3
"""Compare the recovery of damaged libraries with `.recover` of SQLite's command-line tool.

python scripts/measure_recovery.py SQLITE3 [COUNT]

SQLITE3 is a `sqlite3` that knows `.recover` (built with SQLITE_ENABLE_DBPAGE_VTAB). A library is
damaged in COUNT ways, each time in another copy. Of each table, the rows that are as they were are
counted. The result is a table in Markdown; the exit status is 1 if `.recover` got more rows even
once.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from refsheet_tui.characters import Profile
from refsheet_tui.chats import Library
from refsheet_tui.prompting import Role
from refsheet_tui.storage import Database

_PAGE = 4096
_CHATS, _TURNS = 12, 40
_COLUMNS = {
    "characters": ("id", "name"),
    "character_versions": ("id", "content"),
    "chats": ("id", "draft"),
    "messages": ("id", "text"),
    "pictures": ("sha256", "bytes"),
}
# The columns of `lost_and_found` that have the second of these, by the number of fields.
_LOST = {
    (6, 6, "characters"): ("id", "c1"),
    (4, 6, "character_versions"): ("id", "c2"),
    (12, 12, "chats"): ("id", "c6"),
    (9, 10, "messages"): ("id", "c4"),
    (3, 3, "pictures"): ("c0", "c1"),
}
Rows = dict[str, set[tuple[object, ...]]]
Damage = Callable[[bytearray], None]


def fill_library(folder: Path) -> None:
    """Write a library with all kinds of rows, in which much was deleted."""
    library = Library.open(folder)
    sheet = Path(__file__).parent.parent / "samples" / "ember.png"
    for number in range(3):
        character = library.characters.add_character_from_bytes(
            Profile(name=f"Ember {number}", description="A dragon. " * 300), [sheet.read_bytes()]
        )
        for _ in range(_CHATS // 3):
            chat = library.chats.create_chat(character.version).id
            library.chats.save_draft(chat, f"draft of {chat}")
            parent = None
            for turn in range(_TURNS):
                text = f"chat {chat} turn {turn} " + "word " * (turn**2 // 2)
                role: Role = "model" if turn % 2 else "user"
                parent = library.tree.add_message(chat, parent, role, text).id
    library.chats.delete_chat(2)
    library.chats.purge_deleted(0)
    library.database.fetch_row("PRAGMA wal_checkpoint(TRUNCATE)")
    library.close()


def damages(whole: bytes, generator: random.Random) -> Iterator[tuple[str, Damage]]:
    """Yield kinds of damage without an end, with their names."""
    pages = len(whole) // _PAGE
    for page in range(pages):
        yield "cut off at a page", partial(_cut_off, page * _PAGE)
        yield "a page of zeros", partial(_overwrite, page * _PAGE, bytes(_PAGE))
    for size in (16, 24, 36, 100, 108, 512):
        yield "the header", partial(_overwrite, 0, bytes(size))
    while True:
        begin, other = (generator.randrange(pages) * _PAGE for _ in range(2))
        noise = generator.randbytes(generator.choice((1, 8, 60, 1000)))
        place = begin + generator.randrange(_PAGE - len(noise))
        yield "bytes of a page", partial(_overwrite, place, noise)
        yield "the header", partial(_overwrite, generator.randrange(90), noise[:10])
        stale = whole[other : other + _PAGE]
        yield "a page in the place of another", partial(_overwrite, begin, stale)
        yield "cut off anywhere", partial(_cut_off, generator.randrange(len(whole)))
        number = (begin // _PAGE + 1).to_bytes(4, "big")
        yield "the list of free pages", partial(_overwrite, 32, number)
        zeros = bytes(min(9 * _PAGE, len(whole) - begin))
        yield "up to nine pages of zeros", partial(_overwrite, begin, zeros)


def _cut_off(size: int, data: bytearray) -> None:
    del data[size:]


def _overwrite(place: int, content: bytes, data: bytearray) -> None:
    data[place : place + len(content)] = content


def read_rows(connection: sqlite3.Connection, *, is_recovered: bool = False) -> Rows:
    """Return the rows of all tables, with those that `.recover` could not assign to one."""
    rows: Rows = defaultdict(set)
    for table, columns in _COLUMNS.items():
        query = f"SELECT {', '.join(columns)} FROM {table}"
        rows[table].update(_fetch(connection, query))
    if is_recovered:
        for (fewest, most, table), (key, value) in _LOST.items():
            query = f"SELECT {key}, {value} FROM lost_and_found WHERE nfield"
            rows[table].update(_fetch(connection, f"{query} BETWEEN {fewest} AND {most}"))
    return rows


def _fetch(connection: sqlite3.Connection, query: str) -> list[tuple[object, ...]]:
    try:
        return connection.execute(query).fetchall()
    except sqlite3.DatabaseError:
        return []


def recover_with_sqlite(tool: str, file: Path) -> Rows:
    script = subprocess.run([tool, file, ".recover"], capture_output=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "recovered.db"
        subprocess.run([tool, result], input=script, capture_output=True)
        with closing(sqlite3.connect(result)) as connection:
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            return read_rows(connection, is_recovered=True)


def recover_with_refsheet(file: Path) -> Rows:
    file.with_name(f"{file.name}.damaged").touch()
    database = Database(file)
    database.close()
    with closing(sqlite3.connect(file)) as connection:
        return read_rows(connection)


def main() -> int:
    if len(sys.argv) < 2:
        sys.exit("Name a sqlite3 that knows .recover.")
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    totals: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill_library(folder / "whole")
        whole = (folder / "whole" / "library.db").read_bytes()
        with closing(sqlite3.connect(folder / "whole" / "library.db")) as connection:
            truth = read_rows(connection)
        kinds = damages(whole, random.Random(0))
        for _, (kind, damage) in zip(range(count), kinds, strict=False):
            data = bytearray(whole)
            damage(data)
            damaged = folder / "damaged"
            shutil.rmtree(damaged, ignore_errors=True)
            damaged.mkdir()
            (damaged / "library.db").write_bytes(data)
            theirs = recover_with_sqlite(sys.argv[1], damaged / "library.db")
            ours = recover_with_refsheet(damaged / "library.db")
            got, others = (
                sum(len(truth[table] & rows[table]) for table in _COLUMNS)
                for rows in (ours, theirs)
            )
            entry = totals[kind]
            for index, number in enumerate((1, got, others, got > others, got < others)):
                entry[index] += number
            if got < others:
                lost = {table: (theirs[table] & truth[table]) - ours[table] for table in truth}
                print(kind, damage, {table: len(rows) for table, rows in lost.items()})
    all_rows = sum(map(len, truth.values()))
    print(f"{all_rows} rows, {len(whole) // _PAGE} pages\n")
    print("| damage | cases | rows recovered | rows by `.recover` | more | fewer |")
    print("|---|---|---|---|---|---|")
    for kind, (cases, got, others, more, fewer) in sorted(totals.items()):
        share, other_share = (100 * rows / (cases * all_rows) for rows in (got, others))
        print(f"| {kind} | {cases} | {share:.2f} % | {other_share:.2f} % | {more} | {fewer} |")
    return 1 if any(entry[4] for entry in totals.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

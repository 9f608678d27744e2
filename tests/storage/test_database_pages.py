"""The rows of any SQLite file are read without SQLite, and no file makes the reader fail."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from refsheet_tui.chats.library import Library
from refsheet_tui.storage.database_pages import DatabasePages, Value, page_size_of
from refsheet_tui.storage.salvage import find_rows, read_layouts
from refsheet_tui.storage.write_ahead_log import read_log

INTEGERS = st.integers(-(2**63), 2**63 - 1)
VALUES = (
    st.none()
    | INTEGERS
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9)
    | st.binary(max_size=9)
    | st.sampled_from(["long " * 500, "漢字" * 3000, b"\0" * 5000])
)
ROWS = st.dictionaries(INTEGERS, st.tuples(VALUES, VALUES), max_size=20)
TABLES = ("characters", "character_versions", "chats", "messages", "message_pictures")


def root_of(pages: DatabasePages, table: str) -> int:
    records = (record for subtree in pages.walk(1) for record in pages.records(subtree.page))
    return next(int(str(each.values[3])) for each in records if each.values[1] == table)


def rows_of(pages: DatabasePages, table: str) -> list[tuple[Value, ...]]:
    return [
        (record.rowid, *record.values)
        for subtree in pages.walk(root_of(pages, table))
        for record in pages.records(subtree.page)
        if subtree.contains(record)
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, page_size=st.sampled_from([512, 1024, 4096, 65536]))
def test_all_rows_are_read(
    tmp_path: Path, rows: dict[int, tuple[Value, ...]], page_size: int
) -> None:
    file = tmp_path / "x.db"
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {page_size}")
        connection.execute("CREATE TABLE t (a, b)")
        connection.execute("CREATE TABLE u (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID")
        connection.executemany(
            "INSERT INTO t (rowid, a, b) VALUES (?, ?, ?)",
            [(key, *row) for key, row in rows.items()],
        )
        connection.executemany("INSERT INTO u VALUES (?, ?)", [(str(key), key) for key in rows])
        expected = connection.execute("SELECT rowid, a, b FROM t ORDER BY rowid").fetchall()
        expected_keys = connection.execute("SELECT NULL, a, b FROM u").fetchall()
    content = file.read_bytes()
    assert page_size_of(content) == page_size
    pages = DatabasePages(content)
    assert rows_of(pages, "t") == expected
    assert sorted(map(str, rows_of(pages, "u"))) == sorted(map(str, expected_keys))


@pytest.fixture(scope="module")
def library_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    library = Library.open(folder)
    for _ in range(4):
        chat, parent = library.chats.create_chat(None).id, None
        for turn in range(30):
            parent = library.tree.add_message(chat, parent, "user", f"{turn} " * 9 * turn).id
    library.database.fetch_row("PRAGMA wal_checkpoint(TRUNCATE)")
    library.close()
    return folder / "library.db"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_file_makes_the_reader_fail(library_file: Path, data: st.DataObject) -> None:
    content = bytearray(library_file.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        noise = data.draw(st.binary(min_size=1, max_size=64) | st.just(b"\xff" * 4096))
        place = data.draw(st.integers(0, len(content)) | st.integers(0, 200))
        content[place : place + len(noise)] = noise
    size = data.draw(st.just(len(content)) | st.integers(0, len(content)))
    with closing(sqlite3.connect(library_file)) as connection:
        layouts = read_layouts(connection, TABLES)
    found = list(find_rows(DatabasePages(bytes(content[:size])), layouts))
    assert all(row.layouts[0].row_of(row.record) for row in found)


def test_a_log_is_read_up_to_its_last_complete_transaction(tmp_path: Path) -> None:
    file, copy = tmp_path / "x.db", tmp_path / "copy.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (a)")
        for number in range(3):
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO t VALUES (?)", [(f"{number} " * 500,)] * 9)
            connection.execute("COMMIT")
        log = Path(f"{file}-wal").read_bytes()
        for size in (*range(0, len(log), 3001), len(log)):
            shutil.copy(file, copy)
            Path(f"{copy}-wal").write_bytes(log[:size])
            with closing(sqlite3.connect(copy)) as other:
                is_there = other.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
                expected = other.execute("SELECT rowid, a FROM t").fetchall() if is_there else []
            copy.unlink()
            pages = DatabasePages(file.read_bytes(), read_log(log[:size]))
            assert (rows_of(pages, "t") if is_there else []) == expected
    assert read_log(b"\0" * 5000) == read_log(b"") == {}
    damaged = bytearray(log)
    damaged[40] ^= 1
    assert read_log(bytes(damaged)) == {}

"""Recovery saves everything that a damaged library still contains, whichever page is damaged."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from helpers.library import add_ember
from refsheet_tui.chats.library import Library
from refsheet_tui.prompting.turns import Role

PAGE = 4096


def fill_library(folder: Path, messages: int = 400, words: int = 1) -> None:
    library = Library.open(folder)
    chat = library.chats.create_chat(add_ember(library).version)
    parent = None
    for turn in range(messages):
        role: Role = "model" if turn % 2 else "user"
        parent = library.tree.add_message(
            chat.id, parent, role, f"turn {turn} " + "word " * words
        ).id
    close_library(library)


def close_library(library: Library) -> Path:
    library.database.fetch_row("PRAGMA wal_checkpoint(TRUNCATE)")
    library.close()
    library.database.file.with_name("library.db.damaged").touch()
    return library.database.file


def root_page(folder: Path, table: str) -> int:
    connection = sqlite3.connect(folder / "library.db")
    found = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,))
    page = int(found.fetchone()[0])
    connection.close()
    return page


def leaf_pages(folder: Path, table: str) -> list[int]:
    """Return the numbers of a table's leaf pages, in order (SQLite file format, section 1.6)."""
    data, page = (folder / "library.db").read_bytes(), root_page(folder, table)
    begin = (page - 1) * PAGE
    assert data[begin] == 5, "an interior page"
    cells = int.from_bytes(data[begin + 3 : begin + 5], "big")
    found = []
    for cell in range(cells):
        place = begin + 12 + 2 * cell
        offset = int.from_bytes(data[place : place + 2], "big")
        found.append(int.from_bytes(data[begin + offset : begin + offset + 4], "big"))
    return [*found, int.from_bytes(data[begin + 8 : begin + 12], "big")]


def overwrite(folder: Path, page: int, content: bytes) -> None:
    with (folder / "library.db").open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(content)


def open_recovered(folder: Path) -> Library:
    library = Library.open(folder)
    assert library.database.recovery_notice is not None
    assert library.database.fetch_row("PRAGMA integrity_check") == ("ok",)
    assert library.database.fetch_rows("PRAGMA foreign_key_check") == []
    return library


@pytest.mark.parametrize(
    "table", ["characters", "character_versions", "chats", "pictures", "version_pictures"]
)
def test_no_word_is_lost_with_another_table(tmp_path: Path, table: str) -> None:
    fill_library(tmp_path, 100)
    overwrite(tmp_path, root_page(tmp_path, table), random.Random(0).randbytes(PAGE))
    library = open_recovered(tmp_path)
    (chat,) = library.chats.latest_chats()
    assert len(library.tree.path_to(chat.leaf or 0)) == 100
    assert chat.title.startswith("turn 0")
    (character,) = library.characters.latest_characters()
    if table != "character_versions":
        assert (character.profile.name == "Ember") or table == "characters"


def test_a_page_that_holds_what_is_long_behind_is_no_trap(tmp_path: Path) -> None:
    """A page has old content, as after a write that never reached the disk."""
    fill_library(tmp_path, 1000)
    pages = leaf_pages(tmp_path, "messages")
    data = (tmp_path / "library.db").read_bytes()
    stale = data[(pages[3] - 1) * PAGE : pages[3] * PAGE]
    overwrite(tmp_path, pages[8], stale)
    library = open_recovered(tmp_path)
    count = library.database.fetch_row("SELECT count(*) FROM messages")
    assert count is not None and 800 < int(str(count[0])) < 1000


def test_what_stands_behind_a_gap_and_before_a_damaged_end_is_read(tmp_path: Path) -> None:
    library = Library.open(tmp_path)
    for chat in range(3):
        number = library.chats.create_chat(None).id
        parent = None
        for turn in range(300 if chat == 1 else 60):
            parent = library.tree.add_message(
                number, parent, "user", f"{chat} {turn} " + "w " * 60
            ).id
    library.chats.delete_chat(2)
    library.chats.purge_deleted(0)
    close_library(library)
    overwrite(tmp_path, leaf_pages(tmp_path, "messages")[-1], bytes(PAGE))
    library = open_recovered(tmp_path)
    count = library.database.fetch_row("SELECT count(*) FROM messages WHERE chat = 3")
    assert count is not None and int(str(count[0])) > 20


def test_a_character_that_has_lost_its_sheet_says_so(tmp_path: Path) -> None:
    fill_library(tmp_path, 2)
    overwrite(tmp_path, root_page(tmp_path, "version_pictures"), bytes(PAGE))
    library = open_recovered(tmp_path)
    (character,) = library.characters.latest_characters()
    with pytest.raises(Exception, match="--picture IMAGE"):
        library.characters.build_character(character)

"""The database file: it is migrated, shared, recovered, and refused if it is newer."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from refsheet_tui.characters.character_store import CharacterStore
from refsheet_tui.characters.search import search_characters
from refsheet_tui.chats.chat_store import ChatStore
from refsheet_tui.chats.message_tree import MessageTree
from refsheet_tui.errors import StorageError
from refsheet_tui.paths import samples_dir
from refsheet_tui.prompting.turns import Role
from refsheet_tui.storage import Database, PictureStore
from refsheet_tui.storage.migrations import MIGRATIONS


def library(folder: Path) -> tuple[Database, ChatStore, MessageTree]:
    database = Database(folder / "library.db")
    pictures = PictureStore(database)
    return database, ChatStore(database, pictures), MessageTree(database, pictures)


def test_a_new_file_has_every_step(tmp_path: Path) -> None:
    database, _, _ = library(tmp_path)
    assert database.fetch_row("PRAGMA user_version") == (len(MIGRATIONS),)
    assert database.fetch_row("PRAGMA journal_mode") == ("wal",)
    assert database.recovery_notice is None


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_every_earlier_version_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    old = sqlite3.connect(tmp_path / "library.db")
    for migration in MIGRATIONS[:version]:
        old.executescript(migration)
    old.execute(f"PRAGMA user_version = {version}")
    old.close()
    database, shelf, tree = library(tmp_path)
    chat = shelf.create_chat(None)
    tree.add_message(chat.id, None, "user", "Hello")
    assert database.fetch_row("PRAGMA user_version") == (len(MIGRATIONS),)


def write_first_version(folder: Path) -> None:
    old = sqlite3.connect(folder / "library.db")
    old.executescript(MIGRATIONS[0])
    old.executescript("""
        INSERT INTO characters VALUES (1, 'Ember', NULL, 1.0, 1.0, NULL);
        INSERT INTO character_versions VALUES
            (1, 1, '{"name": "Ember", "description": "Flies kites.", "tags": ["dragon"]}', 1.0);
        UPDATE characters SET version = 1;
        INSERT INTO chats (id, version, leaf, created, used) VALUES (1, 1, 1, 1.0, 1.0);
        INSERT INTO messages VALUES (1, 1, NULL, 'user', 'Hello', NULL, '{}', 1.0, NULL);
        PRAGMA user_version = 1;
    """)
    old.close()


def test_the_second_step_knows_asides_and_finds_characters(tmp_path: Path) -> None:
    write_first_version(tmp_path)
    database, shelf, tree = library(tmp_path)
    (said,) = tree.path_to(shelf.get_chat(1).leaf or 0)
    assert (said.text, said.context_notes) == ("Hello", ())
    assert [match.name for match in search_characters(database, "kites")] == ["Ember"]


def test_a_damaged_file_of_an_earlier_version_is_recovered_too(tmp_path: Path) -> None:
    write_first_version(tmp_path)
    (tmp_path / "library.db.damaged").touch()
    database, shelf, tree = library(tmp_path)
    assert database.recovery_notice is not None
    assert [said.text for said in tree.path_to(shelf.get_chat(1).leaf or 0)] == ["Hello"]
    assert [match.name for match in search_characters(database, "dragon")] == ["Ember"]


def test_a_step_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library(tmp_path)[0].close()
    bad = ("CREATE TABLE half (id INTEGER);\nCREATE TABLE half (id INTEGER);\n",)
    module = "refsheet_tui.storage.database.MIGRATIONS"
    monkeypatch.setattr(module, MIGRATIONS + bad)
    with pytest.raises(StorageError):
        Database(tmp_path / "library.db")
    monkeypatch.setattr(module, MIGRATIONS)
    database = Database(tmp_path / "library.db")
    assert database.fetch_row("SELECT count(*) FROM sqlite_master WHERE name = 'half'") == (0,)


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    database, _, _ = library(tmp_path)
    with database.transaction() as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    database.close()
    before = (tmp_path / "library.db").read_bytes()
    with pytest.raises(StorageError, match="newer version of RefSheet") as caught:
        Database(tmp_path / "library.db")
    assert "Update RefSheet" in caught.value.remedy
    assert (tmp_path / "library.db").read_bytes() == before


def fill_library(folder: Path, chats: int = 40) -> None:
    database, shelf, tree = library(folder)
    for number in range(chats):
        chat = shelf.create_chat(None)
        parent = None
        for turn in range(20):
            role: Role = "model" if turn % 2 else "user"
            text = f"chat {number} turn {turn} " + "word " * 60
            parent = tree.add_message(chat.id, parent, role, text).id
    database.fetch_row("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def damage(file: Path, begin: int, count: int) -> None:
    with file.open("r+b") as stream:
        stream.seek(begin)
        stream.write(b"\xff" * count)


def test_what_can_be_read_of_a_damaged_file_is_here_again(tmp_path: Path) -> None:
    """Damage is found when the damaged rows are read, and repaired at the next start."""
    fill_library(tmp_path)
    file = tmp_path / "library.db"
    damage(file, file.stat().st_size // 4096 // 2 * 4096, 8 * 4096)
    broken, _, _ = library(tmp_path)
    with pytest.raises(StorageError, match="damaged") as caught:
        broken.fetch_rows("SELECT count(*), sum(length(text)) FROM messages NOT INDEXED")
    assert "Restart RefSheet" in caught.value.remedy
    broken.close()
    database, shelf, tree = library(tmp_path)
    assert database.recovery_notice is not None
    (aside,) = tmp_path.glob("library-damaged-*.db")
    assert str(aside) in database.recovery_notice
    kept = database.fetch_rows("SELECT id FROM messages")
    assert 0.8 * 800 < len(kept) < 800
    assert database.fetch_row("PRAGMA integrity_check") == ("ok",)
    assert database.fetch_rows("PRAGMA foreign_key_check") == []
    chat = next(iter(shelf.latest_chats()))
    tree.add_message(chat.id, chat.leaf, "user", "It goes on")
    database.close()
    assert library(tmp_path)[0].recovery_notice is None


def test_a_damaged_end_does_not_cost_the_beginning(tmp_path: Path) -> None:
    """SQLite can't find the largest number if the page of the newest messages is damaged."""
    fill_library(tmp_path)
    file = tmp_path / "library.db"
    connection = sqlite3.connect(file)
    last = connection.execute("SELECT max(id) FROM messages").fetchone()[0]
    text = connection.execute("SELECT text FROM messages WHERE id = ?", (last,)).fetchone()[0]
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    place = file.read_bytes().find(text.encode())
    damage(file, place // 4096 * 4096, 4096)
    (tmp_path / "library.db.damaged").touch()
    database, shelf, tree = library(tmp_path)
    kept = database.fetch_rows("SELECT id FROM messages")
    assert 0.8 * last < len(kept) < last
    for chat in shelf.latest_chats():
        if chat.leaf is not None:
            assert tree.path_to(chat.leaf), "every chat ends somewhere"


def test_a_version_that_is_no_json_any_more_keeps_nothing_from_being_read(tmp_path: Path) -> None:
    write_first_version(tmp_path)
    connection = sqlite3.connect(tmp_path / "library.db")
    connection.execute("UPDATE character_versions SET content = '{\x01'")
    connection.commit()
    connection.close()
    (tmp_path / "library.db.damaged").touch()
    database, shelf, tree = library(tmp_path)
    characters = CharacterStore(database, PictureStore(database))
    assert [each.profile.name for each in characters.latest_characters()] == ["Ember"]
    assert [said.text for said in tree.path_to(shelf.get_chat(1).leaf or 0)] == ["Hello"]


def test_a_recovery_that_fails_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_library(tmp_path, 3)
    (tmp_path / "library.db.damaged").touch()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("refsheet_tui.storage.recovery._copy_rows", full)
    with pytest.raises(StorageError, match="can't be recovered"):
        library(tmp_path)
    monkeypatch.undo()
    database, _, _ = library(tmp_path)
    assert database.recovery_notice is not None
    assert database.fetch_row("SELECT count(*) FROM messages") == (60,)


def test_pictures_that_are_there_are_known_again(tmp_path: Path) -> None:
    database, shelf, tree = library(tmp_path)
    said = tree.add_message(
        shelf.create_chat(None).id, None, "user", "Look!", pictures=[samples_dir() / "miso.png"]
    )
    database.close()
    damaged = sqlite3.connect(tmp_path / "library.db")
    damaged.execute("DELETE FROM pictures")
    damaged.commit()
    damaged.close()
    (tmp_path / "library.db.damaged").touch()
    _, _, again = library(tmp_path)
    assert again.get_message(said.id).pictures == said.pictures


def test_who_writes_to_a_file_that_was_replaced_is_told(tmp_path: Path) -> None:
    database, shelf, _ = library(tmp_path)
    shelf.create_chat(None)
    (tmp_path / "library.db.damaged").touch()
    other, _, _ = library(tmp_path)
    assert other.recovery_notice is not None
    with pytest.raises(StorageError, match="was replaced by a restore or recovery"):
        shelf.create_chat(None)
    assert database.fetch_rows("SELECT id FROM chats") == other.fetch_rows("SELECT id FROM chats")


@pytest.mark.parametrize("size", [16, 100, 200, 4096])
def test_a_damaged_beginning_costs_nothing(tmp_path: Path, size: int) -> None:
    fill_library(tmp_path, 2)
    damage(tmp_path / "library.db", 0, size)
    database, shelf, _ = library(tmp_path)
    assert database.recovery_notice is not None
    assert "chats: 2, messages: 40" in database.recovery_notice
    assert len(shelf.latest_chats()) == 2


@pytest.mark.parametrize("content", [b"words " * 2000, b"x", bytes(8192)])
def test_a_file_that_is_no_database_is_kept_aside(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "library.db").write_bytes(content)
    database, shelf, _ = library(tmp_path)
    assert database.recovery_notice is not None
    assert "nothing could be read" in database.recovery_notice
    (aside,) = tmp_path.glob("library-damaged-*.db")
    assert aside.read_bytes() == content
    assert list(shelf.latest_chats()) == []


def test_values_that_would_break_every_list_are_repaired(tmp_path: Path) -> None:
    fill_library(tmp_path, 2)
    damaged = sqlite3.connect(tmp_path / "library.db")
    damaged.executescript("""
        UPDATE messages SET parent = 2, asides = '5', extra = '[]' WHERE id = 1;
        UPDATE messages SET asides = '[5]' WHERE id = 2;
        UPDATE messages SET created = 1e300 WHERE id = 3;
        UPDATE chats SET used = -1e300, extra = 'null';
    """)
    damaged.close()
    (tmp_path / "library.db.damaged").touch()
    database, shelf, tree = library(tmp_path)
    for chat in shelf.latest_chats():
        datetime.fromtimestamp(chat.last_used)
        for message in tree.path_to(chat.leaf or 0):
            datetime.fromtimestamp(message.created)
            assert message.context_notes == () and message.extra == {}
    assert database.fetch_row("SELECT count(*) FROM messages WHERE parent >= id") == (0,)


def test_who_has_the_old_file_open_does_not_call_the_new_one_damaged(tmp_path: Path) -> None:
    fill_library(tmp_path, 1)
    old, _, _ = library(tmp_path)
    (tmp_path / "library.db.damaged").touch()
    new, _, _ = library(tmp_path)
    with pytest.raises(StorageError), old._translate_errors():
        raise sqlite3.DatabaseError("database disk image is malformed")
    assert not (tmp_path / "library.db.damaged").exists()
    new.close()
    old.close()


def test_an_empty_file_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "library.db").touch()
    database, _, _ = library(tmp_path)
    assert database.recovery_notice is not None and "was empty" in database.recovery_notice
    database.close()
    assert library(tmp_path)[0].recovery_notice is None


def test_two_programs_write_to_one_file(tmp_path: Path) -> None:
    database, shelf, tree = library(tmp_path)
    script = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "from pathlib import Path\n"
        "from test_database import library\n"
        "database, shelf, tree = library(Path(sys.argv[1]))\n"
        "for number in range(100):\n"
        "    tree.add_message(shelf.create_chat(None).id, None, 'user', f'other {number}')\n"
    )
    folders = [str(each) for each in Path(__file__).parents[:3]]
    other = subprocess.Popen([sys.executable, "-c", script, tmp_path, *folders])
    for number in range(100):
        tree.add_message(shelf.create_chat(None).id, None, "user", f"ours {number}")
    assert other.wait() == 0
    titles = {chat.title for chat in shelf.latest_chats()}
    assert len(titles) == 200
    assert database.fetch_row("PRAGMA integrity_check") == ("ok",)

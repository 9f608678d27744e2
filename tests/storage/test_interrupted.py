"""A recovery or a restore that is killed at any step is finished later, and nothing is lost."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from helpers.crashes import crashes_of
from helpers.full_disk import full_disk
from refsheet_tui.chats.library import Library
from refsheet_tui.cli.backups import restore
from refsheet_tui.file_io import link_or_copy
from refsheet_tui.storage import Database, unpack_backup, write_backup
from refsheet_tui.storage.layout import DATABASE_NAME, damage_marker
from refsheet_tui.storage.migrations import MIGRATIONS


def write_library(folder: Path, *texts: str) -> Path:
    library = Library.open(folder)
    chat = library.chats.create_chat(None).id
    for text in texts:
        library.tree.add_message(chat, None, "user", text)
    library.close()
    return folder / DATABASE_NAME


def texts_of(database: Database) -> list[str]:
    return [str(row[0]) for row in database.fetch_rows("SELECT text FROM messages ORDER BY id")]


def test_a_recovery_that_is_killed_is_finished(tmp_path: Path) -> None:
    file = write_library(tmp_path / "damaged", "one", "two")
    damaged = file.read_bytes()[:-4096]
    file.write_bytes(damaged)
    damage_marker(file).touch()

    def prepare(number: int) -> Path:
        return shutil.copytree(tmp_path / "damaged", tmp_path / str(number))

    def recover(folder: Path) -> None:
        Database(folder / DATABASE_NAME).close()

    notices = []
    for folder in crashes_of(prepare, recover):
        database = Database(folder / DATABASE_NAME)
        assert texts_of(database) == ["one", "two"]
        asides = list(folder.glob("library-damaged-*.db"))
        assert any(aside.read_bytes() == damaged for aside in asides)
        notice = database.recovery_notice
        assert notice is None or any(str(aside) in notice for aside in asides)
        notices.append(notice)
        database.close()
        again = Database(folder / DATABASE_NAME)
        assert again.recovery_notice is None and texts_of(again) == ["one", "two"]
        again.close()
        assert not list(folder.glob("*.recovered-*"))
    assert len(notices) > 5
    assert all(notices[:-1]) and not notices[-1]


@pytest.mark.parametrize("has_previous", [True, False])
def test_a_restore_that_is_killed_is_undone_or_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_previous: bool
) -> None:
    write_library(tmp_path / "other", "restored")
    other = Library.open(tmp_path / "other")
    write_backup(other.database, tmp_path / "x.refsheet")
    other.close()
    before = ["previous"] if has_previous else []
    write_library(tmp_path / "before", *before)

    def prepare(number: int) -> Path:
        return shutil.copytree(tmp_path / "before", tmp_path / str(number))

    def run_restore(folder: Path) -> None:
        monkeypatch.setenv("REFSHEET_DATA_DIR", str(folder))
        restore.main(["--replace", str(tmp_path / "x.refsheet")], standalone_mode=False)

    outcomes, notices = [], []
    for folder in crashes_of(prepare, run_restore):
        database = Database(folder / DATABASE_NAME)
        texts = texts_of(database)
        previous = list(folder.glob("before-restore-*"))
        if texts == ["restored"]:
            assert has_previous <= bool(previous)
            for each in previous:
                assert texts_of(Database(each / DATABASE_NAME)) == before
                # The last process has told it itself.
                is_told = not each.with_name(f"{each.name}.untold").exists()
                notice = database.recovery_notice
                assert is_told and (notice is None or str(each) in notice)
                notices.append(notice)
        else:
            assert texts == before and not previous
        outcomes.append(texts)
        database.close()
        assert not list(folder.glob(".restored-*"))
    assert len(outcomes) > 8
    assert outcomes[0] == before and outcomes[-1] == ["restored"]
    assert all(notices[:-1]) and (not has_previous or notices[-1] is None)


def test_leftovers_of_what_was_killed_long_ago_are_removed(tmp_path: Path) -> None:
    write_library(tmp_path, "one")
    old = [tmp_path / ".restore-x1" / "library", tmp_path / ".restore-finished-1"]
    for folder in old:
        folder.mkdir(parents=True)
        (folder / "words").touch()
    recovering = tmp_path / "library.db.recovering"
    recovering.touch()
    (tmp_path / ".restore-x2").mkdir()
    for path in (tmp_path / ".restore-x1", tmp_path / ".restore-finished-1", recovering):
        os.utime(path, (1, 1))
    Library.open(tmp_path).close()
    assert hidden_or_unfinished(tmp_path) == [".restore-x2"]


def hidden_or_unfinished(folder: Path) -> list[str]:
    names = sorted(path.name for path in folder.iterdir())
    return [name for name in names if name.startswith(".") or "recover" in name]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_nobody_else_can_read_the_library(tmp_path: Path) -> None:
    folder = tmp_path / "open to all"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    write_library(folder, "one")
    library = Library.open(folder)
    write_backup(library.database, tmp_path / "x.refsheet")
    for path, mode in ((folder, 0o700), (folder / DATABASE_NAME, 0o600)):
        assert path.stat().st_mode & 0o777 == mode
    assert (tmp_path / "x.refsheet").stat().st_mode & 0o777 == 0o600
    library.close()


def test_what_was_deleted_for_good_is_not_in_the_file(tmp_path: Path) -> None:
    library = Library.open(tmp_path)
    chat = library.chats.create_chat(None).id
    library.tree.add_message(chat, None, "user", "the secret of the glade " * 300)
    library.database.fetch_row("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"the secret of the glade" in library.database.file.read_bytes()
    library.chats.delete_chat(chat)
    library.chats.purge_deleted(0)
    library.database.fetch_row("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"the secret of the glade" not in library.database.file.read_bytes()
    library.close()


def restore_into(folder: Path, backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFSHEET_DATA_DIR", str(folder))
    restore.main(["--replace", str(backup)], standalone_mode=False)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    write_library(tmp_path / "other", "restored")
    other = Library.open(tmp_path / "other")
    write_backup(other.database, tmp_path / "x.refsheet")
    other.close()
    return tmp_path / "x.refsheet"


def test_a_recovery_that_waits_does_not_undo_a_restore(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_library(tmp_path / "data", "previous")
    recovered = file.with_name(f"{file.name}.recovered-20260101-000000")
    shutil.copy(file, recovered)
    restore_into(tmp_path / "data", backup, monkeypatch)
    database = Database(file)
    assert texts_of(database) == ["restored"] and database.recovery_notice is None
    database.close()
    (previous,) = (tmp_path / "data").glob("before-restore-*")
    assert (previous / recovered.name).exists()


def test_a_damaged_library_stays_when_a_backup_replaces_it(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_library(tmp_path / "data")
    file.write_bytes(b"\xff" * 9000)
    picture = tmp_path / "data" / "pictures" / "ab" / "picture"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"a picture")
    restore_into(tmp_path / "data", backup, monkeypatch)
    (previous,) = (tmp_path / "data").glob("before-restore-*")
    assert (previous / DATABASE_NAME).read_bytes() == b"\xff" * 9000
    assert (previous / "pictures" / "ab" / "picture").read_bytes() == b"a picture"


def test_what_is_in_the_way_of_a_restore_is_moved_aside(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write_library(data / ".restored-20260101-000000", "restored")
    (data / ".restored-20260101-000000" / "pictures").mkdir()
    (data / ".restored-20260101-000000" / "previous-is-moved").touch()
    (data / "pictures").mkdir()
    (data / "pictures" / "new").touch()
    database = Database(data / DATABASE_NAME)
    assert texts_of(database) == ["restored"]
    database.close()
    assert (data / "before-restore-20260101-000000" / "pictures" / "new").exists()


def test_a_copy_that_is_cut_off_is_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    file = tmp_path / "x"
    file.write_bytes(b"x" * 9000)
    monkeypatch.setattr(Path, "hardlink_to", no_link)
    with full_disk(4096), pytest.raises(OSError, match="File too large"):
        link_or_copy(file, tmp_path / "y")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    link_or_copy(file, tmp_path / "y")
    assert (tmp_path / "y").read_bytes() == file.read_bytes()


def test_a_backup_that_is_killed_leaves_the_old_one(tmp_path: Path) -> None:
    write_library(tmp_path / "data", "one")
    old = b"an old backup"

    def prepare(number: int) -> Path:
        folder = shutil.copytree(tmp_path / "data", tmp_path / str(number))
        (folder / "x.refsheet").write_bytes(old)
        return folder

    def back_up(folder: Path) -> None:
        write_backup(Database(folder / DATABASE_NAME), folder / "x.refsheet", force=True)

    outcomes = []
    for folder in crashes_of(prepare, back_up):
        content = (folder / "x.refsheet").read_bytes()
        if content != old:
            unpack_backup(folder / "x.refsheet", folder / "unpacked")
        outcomes.append(content == old)
    assert outcomes[0] and not outcomes[-1] and len(outcomes) > 3


def test_a_migration_that_is_killed_is_done_later(tmp_path: Path) -> None:
    file = tmp_path / "old" / DATABASE_NAME
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as old:
        old.executescript(MIGRATIONS[0])
        old.executescript("""
            INSERT INTO chats (id, leaf, created, used) VALUES (1, 1, 1.0, 1.0);
            INSERT INTO messages VALUES (1, 1, NULL, 'user', 'one', NULL, '{}', 1.0, NULL);
            PRAGMA user_version = 1;
        """)

    def prepare(number: int) -> Path:
        return shutil.copytree(file.parent, tmp_path / str(number))

    for folder in crashes_of(prepare, lambda folder: Library.open(folder).close()):
        database = Database(folder / DATABASE_NAME)
        assert texts_of(database) == ["one"] and database.recovery_notice is None
        database.close()

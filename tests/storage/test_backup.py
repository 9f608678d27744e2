"""Backups contain the whole library, and a hostile one can't write anything else."""

from __future__ import annotations

import threading
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from helpers.library import add_ember, saved_picture_names
from refsheet_tui.chats.library import Library
from refsheet_tui.errors import BackupError
from refsheet_tui.storage.backup import unpack_backup, write_backup


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library")


def test_a_copy_is_consistent_while_somebody_writes(library: Library, tmp_path: Path) -> None:
    add_ember(library)
    chat = library.chats.create_chat(None).id
    done = threading.Event()

    def write() -> None:
        other = Library.open(tmp_path / "library")
        parent = None
        while not done.is_set():
            parent = other.tree.add_message(chat, parent, "user", "word " * 50).id
        other.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            file = tmp_path / f"{number}.refsheet"
            write_backup(library.database, file)
            unpack_backup(file, tmp_path / f"restored-{number}")
            restored = Library.open(tmp_path / f"restored-{number}")
            leaf = restored.chats.get_chat(chat).leaf
            if leaf is not None:
                count = restored.database.fetch_row("SELECT count(*) FROM messages")
                assert count == (len(restored.tree.path_to(leaf)),)
            assert saved_picture_names(restored) == saved_picture_names(library)
            restored.close()
    finally:
        done.set()
        writer.join()


def test_names_in_a_backup_are_no_paths(library: Library, tmp_path: Path) -> None:
    add_ember(library)
    evil = "../../evil"
    with library.database.transaction() as connection:
        connection.execute(
            "INSERT INTO pictures (sha256, bytes, created) VALUES (?, 1, 0)", (evil,)
        )
    file = tmp_path / "evil.refsheet"
    write_backup(library.database, file)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(f"pictures/{evil}", "x")
        archive.writestr("../outside", "x")
    before = {path for path in tmp_path.rglob("*") if "in" not in path.parts}
    unpack_backup(file, tmp_path / "in")
    after = {path for path in tmp_path.rglob("*") if not path.is_relative_to(tmp_path / "in")}
    assert after == before
    assert not any("evil" in path.name for path in (tmp_path / "in").rglob("*"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1))
def test_a_damaged_backup_is_whole_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[float, int]]
) -> None:
    folder = tmp_path_factory.mktemp("backup")
    library = Library.open(folder / "library")
    add_ember(library)
    file = folder / "x.refsheet"
    write_backup(library.database, file)
    library.close()
    changed = bytearray(file.read_bytes())
    for place, byte in changes:
        changed[int(place * len(changed))] = byte
    file.write_bytes(changed)
    try:
        unpack_backup(file, folder / "in")
    except BackupError as error:
        assert error.problem and error.remedy
    else:
        restored = Library.open(folder / "in")
        assert len(restored.characters.latest_characters()) == 1
        restored.close()

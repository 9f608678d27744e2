"""Backups contain the whole library, and a hostile one can't write anything else."""

from __future__ import annotations

import io
import tempfile
import threading
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from helpers.full_disk import full_disk
from helpers.library import add_ember, saved_picture_names
from refsheet_tui.characters import Profile
from refsheet_tui.chats.library import Library
from refsheet_tui.errors import BackupError, StorageError
from refsheet_tui.storage.backup import unpack_backup, write_backup
from refsheet_tui.storage.layout import picture_path


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


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_backup_to_a_full_disk_leaves_the_old_one(
    library: Library, tmp_path: Path, *, is_replaced: bool
) -> None:
    noise = io.BytesIO()
    Image.effect_noise((800, 800), 99).save(noise, "PNG")  # larger than the database
    library.characters.add_character_from_bytes(Profile(name="Ember"), [noise.getvalue()])
    file = tmp_path / "usb" / "x.refsheet"
    file.parent.mkdir()
    if is_replaced:
        write_backup(library.database, file)
    old = file.read_bytes() if is_replaced else b""
    # All but the last byte: the copy of the database fits into the temporary folder.
    limit = write_backup(library.database, tmp_path / "whole.refsheet") - 1
    with full_disk(limit), pytest.raises(StorageError) as caught:
        write_backup(library.database, file, force=True)
    assert caught.value.problem == f"Can't write {file}: no space left in {file.parent}."
    assert [each.name for each in file.parent.iterdir()] == ["x.refsheet"] * is_replaced
    assert not is_replaced or file.read_bytes() == old


def test_a_full_temporary_folder_is_named(library: Library, tmp_path: Path) -> None:
    add_ember(library)
    with full_disk(8192), pytest.raises(StorageError) as caught:
        write_backup(library.database, tmp_path / "x.refsheet")
    problem = f"No space left in {tempfile.gettempdir()} for a copy of the library."
    assert caught.value.problem == problem
    assert not (tmp_path / "x.refsheet").exists()
    assert library.characters.latest_characters()


def test_a_backup_replaces_another_only_by_force(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "x.refsheet"
    file.write_bytes(b"old")
    with pytest.raises(StorageError, match="already exists"):
        write_backup(library.database, file)
    assert file.read_bytes() == b"old"
    assert write_backup(library.database, file, force=True) == file.stat().st_size


def test_a_picture_that_can_not_be_read_is_named(library: Library, tmp_path: Path) -> None:
    add_ember(library)
    (sha256,) = saved_picture_names(library)
    picture = picture_path(library.database.file, sha256)
    picture.unlink()
    picture.symlink_to("/proc/self/mem")  # reading it fails even for root
    with pytest.raises(StorageError) as caught:
        write_backup(library.database, tmp_path / "x.refsheet")
    assert caught.value.problem == f"Can't read {picture}: Input/output error."
    assert not (tmp_path / "x.refsheet").exists()


def test_restoring_to_a_full_disk_names_it(library: Library, tmp_path: Path) -> None:
    add_ember(library)
    file = tmp_path / "x.refsheet"
    write_backup(library.database, file)
    folder = tmp_path / "data" / ".restore-1" / "library"
    folder.parent.mkdir(parents=True)
    with full_disk(8192), pytest.raises(StorageError, match="no space left in") as caught:
        unpack_backup(file, folder)
    problem = f"Can't restore {file}: no space left in {tmp_path / 'data'}."
    assert caught.value.problem == problem

"""Files that are written as a whole, or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from helpers.full_disk import full_disk
from refsheet_tui import file_io
from refsheet_tui.errors import StorageError
from refsheet_tui.file_io import (
    JsonFile,
    atomic_write,
    is_windows_name,
    open_new_file,
    write_new_file,
)

BLOCK = b"x" * 65_536


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "new" / "file"
    atomic_write(file, b"one")
    atomic_write(file, b"two", durable=True)
    assert file.read_bytes() == b"two"
    assert names_in(file.parent) == ["file"]


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        atomic_write(file, b"new", durable=True)
    assert file.read_bytes() == b"old"
    assert names_in(tmp_path) == ["file"]


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    for number, name in enumerate(("x" * 255, "字" * 85)):
        atomic_write(tmp_path / name, b"one")
        write_new_file(tmp_path / name, b"two", force=True)
        assert (tmp_path / name).read_bytes() == b"two"
        assert len(names_in(tmp_path)) == number + 1


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_permissions_stay(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "file"
    for write in (atomic_write, lambda path, data: write_new_file(path, data, force=True)):
        file.write_bytes(b"old")
        file.chmod(mode)
        write(file, b"new")
        assert file.read_bytes() == b"new"
        assert stat.S_IMODE(file.stat().st_mode) == mode


def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"")
    write_new_file(tmp_path / "file", b"new")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_an_existing_file_is_replaced_only_by_force(tmp_path: Path) -> None:
    file = tmp_path / "file.json"
    write_new_file(file, b"old")
    with pytest.raises(StorageError, match=r"file\.json already exists\.") as caught:
        write_new_file(file, b"new", advice="Choose another name.")
    assert caught.value.remedy == "Choose another name."
    assert file.read_bytes() == b"old"
    write_new_file(file, b"new", force=True)
    assert file.read_bytes() == b"new"
    assert names_in(tmp_path) == ["file.json"]


@pytest.mark.parametrize("has_links", [False, True])
def test_a_file_that_comes_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_links: bool
) -> None:
    if not has_links:
        monkeypatch.setattr(Path, "hardlink_to", _no_links)
    file = tmp_path / "file"
    with pytest.raises(StorageError, match="already exists"), open_new_file(file) as out:
        out.write(b"new")
        file.write_bytes(b"of another program")
    assert file.read_bytes() == b"of another program"
    assert names_in(tmp_path) == ["file"]
    write_new_file(tmp_path / "other", b"new")
    assert (tmp_path / "other").read_bytes() == b"new"


def _no_links(*_: object) -> None:
    raise PermissionError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_full_disk_is_named_and_leaves_the_old_file(tmp_path: Path, *, is_replaced: bool) -> None:
    file = tmp_path / "file.json"
    if is_replaced:
        file.write_bytes(b"old")
    with full_disk(), pytest.raises(StorageError) as caught:
        write_new_file(file, BLOCK, force=True)
    assert caught.value.problem == f"Can't write {file}: no space left in {tmp_path}."
    assert "Free up some space there" in caught.value.remedy
    assert names_in(tmp_path) == (["file.json"] if is_replaced else [])
    assert not is_replaced or file.read_bytes() == b"old"


@pytest.mark.parametrize("number", range(4))
def test_a_write_that_fails_at_any_time_leaves_the_old_file(tmp_path: Path, number: int) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")
    with (
        full_disk(len(BLOCK) * number + 1),
        pytest.raises(StorageError),
        open_new_file(file, force=True) as out,
    ):
        for _ in range(4):
            out.write(BLOCK)
    assert file.read_bytes() == b"old"
    assert names_in(tmp_path) == ["file"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has this device")
def test_a_device_is_written_to_and_not_replaced() -> None:
    with pytest.raises(StorageError, match=r"Can't write /dev/full: no space left in /dev\."):
        write_new_file(Path("/dev/full"), BLOCK, force=True)
    with pytest.raises(StorageError, match="already exists"):
        write_new_file(Path("/dev/full"), BLOCK)
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)
    write_new_file(Path(os.devnull), BLOCK, force=True)
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    link.symlink_to(target)
    write_new_file(link, b"one")  # the target is created
    with pytest.raises(StorageError, match="link already exists"):
        write_new_file(link, b"two")
    write_new_file(link, b"two", force=True)
    assert link.is_symlink() and target.read_bytes() == b"two"
    assert names_in(target.parent) == ["target"]
    with full_disk(), pytest.raises(StorageError, match=f"no space left in {target.parent}"):
        write_new_file(link, BLOCK, force=True)
    assert target.read_bytes() == b"two"


def test_a_read_only_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")
    file.chmod(0o444)
    with pytest.raises(StorageError, match="file: it is read-only") as caught:
        write_new_file(file, b"new", force=True)
    assert "make the file writable" in caught.value.remedy
    assert file.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("name", "problem", "remedy"),
    [
        ("no/where/x.json", "the folder {folder}/no/where doesn't exist", "Create the folder"),
        ("x" * 300 + ".json", "the name is too long", "Choose a shorter name."),
        ("folder", "it is a folder", "Add a file name."),
        ("/", "it is a folder", "Add a file name."),
        ("file/x.json", "Not a directory", "Choose another location."),
        ("loop", "Too many levels of symbolic links", "Choose another location."),
        ("a\0b", "no file can have this name", "Choose another name."),
    ],
)
def test_a_place_that_can_not_be_used_gets_one_sentence(
    tmp_path: Path, name: str, problem: str, remedy: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for force in (False, True):
        with pytest.raises(StorageError) as caught:
            write_new_file(tmp_path / name, b"new", force=force)
        assert problem.format(folder=tmp_path) in caught.value.problem
        assert remedy in caught.value.remedy
        assert "\n" not in str(caught.value) and ".tmp" not in str(caught.value)
    assert names_in(tmp_path) == ["file", "folder", "loop"]


@pytest.mark.parametrize(
    "name", ["CON", "con.json", "Aux.png", "NUL .json", "com1.md", "x.", "x ", "a:b", "a?", "a\tb"]
)
def test_names_that_windows_can_not_have(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_windows_name(name)
    monkeypatch.setattr(file_io, "_IS_WINDOWS", True)
    with pytest.raises(StorageError, match="Windows doesn't allow this name"):
        write_new_file(tmp_path / name, b"new")


@pytest.mark.parametrize("name", ["console.json", "Connie.png", ".con", "com10.md", "é 字.json"])
def test_names_that_windows_can_have(name: str) -> None:
    assert is_windows_name(name)


def test_an_error_of_another_file_is_not_blamed_on_this_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), open_new_file(tmp_path / "file"):
        (tmp_path / "missing").read_bytes()
    assert not names_in(tmp_path)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'"text"'])
def test_a_damaged_json_file_is_empty(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "known.json"
    file.write_bytes(content)
    assert JsonFile(file).read() == {}
    JsonFile(file).write({"a": 1})
    assert JsonFile(file).read() == {"a": 1}


def test_a_json_file_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "folder").write_bytes(b"")
    JsonFile(tmp_path / "folder" / "known.json").write({"a": 1})
    assert JsonFile(tmp_path / "folder" / "known.json").read() == {}

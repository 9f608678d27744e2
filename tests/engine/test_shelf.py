"""What lies on a shelf is whole or not there, and the shelf never grows past its room."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from refsheet_tui.engine.shelf import DamagedError, Shelf

PAYLOAD = bytes(range(256)) * 16


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf", capacity=100_000)


def put(shelf: Shelf, name: str, payload: bytes = PAYLOAD) -> bool:
    return shelf.put(name, {"of": name}, memoryview(payload))


def names(shelf: Shelf) -> set[str]:
    return {entry.name for entry in shelf.entries()}


def only_file(shelf: Shelf) -> Path:
    (file,) = shelf.folder.iterdir()
    return file


def test_what_was_put_comes_back(shelf: Shelf) -> None:
    assert put(shelf, "a")
    assert shelf.header("a")["of"] == "a"
    assert bytes(shelf.payload("a")) == PAYLOAD
    assert put(shelf, "a", b"")
    assert bytes(shelf.payload("a")) == b""


def test_nothing_is_there_before_the_first(shelf: Shelf) -> None:
    assert names(shelf) == set()
    with pytest.raises(FileNotFoundError):
        shelf.payload("a")
    shelf.drop("a")
    assert shelf.clear() == 0


@pytest.mark.parametrize("place", [0, 2000, len(PAYLOAD) - 1])
def test_a_changed_byte_is_noticed(shelf: Shelf, place: int) -> None:
    put(shelf, "a")
    content = bytearray(only_file(shelf).read_bytes())
    content[place] ^= 1
    only_file(shelf).write_bytes(content)
    with pytest.raises(DamagedError, match="checksum"):
        shelf.payload("a")


def test_every_cut_is_noticed(shelf: Shelf) -> None:
    put(shelf, "a", b"payload")
    content = only_file(shelf).read_bytes()
    for length in range(len(content)):
        only_file(shelf).write_bytes(content[:length])
        with pytest.raises(DamagedError):
            shelf.payload("a")
        assert names(shelf) == set()


def test_every_changed_byte_of_header_and_trailer_is_noticed_or_harmless(shelf: Shelf) -> None:
    put(shelf, "a", b"payload")
    content = only_file(shelf).read_bytes()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 0x55
        only_file(shelf).write_bytes(changed)
        try:
            found = bytes(shelf.payload("a"))
        except DamagedError:
            continue
        assert found == b"payload"


def test_what_does_not_fit_is_not_kept(shelf: Shelf) -> None:
    assert not put(shelf, "large", bytes(shelf.capacity + 1))
    assert names(shelf) == set()


def test_the_least_recently_used_leaves_first(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, capacity=3 * (len(PAYLOAD) + 200))
    long_ago = time.time() - 1000
    for number, name in enumerate("abc"):
        put(shelf, name)
        os.utime(tmp_path / f"{name}.cache", (long_ago + number, long_ago + number))
    shelf.payload("a")
    put(shelf, "d")
    assert names(shelf) == {"a", "c", "d"}


def test_a_folder_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError, match="Not a directory"):
        put(Shelf(tmp_path / "file" / "shelf", 100_000), "a")


def test_what_a_dead_process_was_writing_is_swept_away(shelf: Shelf) -> None:
    put(shelf, "a")
    old, new = shelf.folder / "b-1.part", shelf.folder / "c-2.part"
    for file in (old, new):
        file.write_bytes(b"half")
    os.utime(old, (0, 0))
    shelf.sweep()
    assert not old.exists()
    assert new.exists(), "somebody may be writing it"
    assert shelf.clear() > len(b"half")
    assert not new.exists()

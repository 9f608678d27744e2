"""An entry of the disk cache is whole or missing, and the cache never exceeds its capacity."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from refsheet_tui.engine.disk_cache import DamagedEntryError, DiskCache

PAYLOAD = bytes(range(256)) * 16


@pytest.fixture
def shelf(tmp_path: Path) -> DiskCache:
    return DiskCache(tmp_path / "shelf", capacity=100_000)


def put(shelf: DiskCache, name: str, payload: bytes = PAYLOAD) -> bool:
    return shelf.write_entry(name, {"of": name}, memoryview(payload))


def names(shelf: DiskCache) -> set[str]:
    return {entry.name for entry in shelf.entries()}


def only_file(shelf: DiskCache) -> Path:
    (file,) = shelf.folder.iterdir()
    return file


def test_what_was_put_comes_back(shelf: DiskCache) -> None:
    assert put(shelf, "a")
    assert shelf.read_header("a")["of"] == "a"
    assert bytes(shelf.read_payload("a")) == PAYLOAD
    assert put(shelf, "a", b"")
    assert bytes(shelf.read_payload("a")) == b""


def test_nothing_is_there_before_the_first(shelf: DiskCache) -> None:
    assert names(shelf) == set()
    with pytest.raises(FileNotFoundError):
        shelf.read_payload("a")
    shelf.remove("a")
    assert shelf.clear() == 0


@pytest.mark.parametrize("place", [0, 2000, len(PAYLOAD) - 1])
def test_a_changed_byte_is_noticed(shelf: DiskCache, place: int) -> None:
    put(shelf, "a")
    content = bytearray(only_file(shelf).read_bytes())
    content[place] ^= 1
    only_file(shelf).write_bytes(content)
    with pytest.raises(DamagedEntryError, match="checksum"):
        shelf.read_payload("a")


def test_every_cut_is_noticed(shelf: DiskCache) -> None:
    put(shelf, "a", b"payload")
    content = only_file(shelf).read_bytes()
    for length in range(len(content)):
        only_file(shelf).write_bytes(content[:length])
        with pytest.raises(DamagedEntryError):
            shelf.read_payload("a")
        assert names(shelf) == set()


def test_every_changed_byte_of_header_and_trailer_is_noticed_or_harmless(shelf: DiskCache) -> None:
    put(shelf, "a", b"payload")
    content = only_file(shelf).read_bytes()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 0x55
        only_file(shelf).write_bytes(changed)
        try:
            found = bytes(shelf.read_payload("a"))
        except DamagedEntryError:
            continue
        assert found == b"payload"


def test_what_does_not_fit_is_not_kept(shelf: DiskCache) -> None:
    assert not put(shelf, "large", bytes(shelf.capacity + 1))
    assert names(shelf) == set()


def test_the_least_recently_used_leaves_first(tmp_path: Path) -> None:
    shelf = DiskCache(tmp_path, capacity=3 * (len(PAYLOAD) + 200))
    long_ago = time.time() - 1000
    for number, name in enumerate("abc"):
        put(shelf, name)
        os.utime(tmp_path / f"{name}.cache", (long_ago + number, long_ago + number))
    shelf.read_payload("a")
    put(shelf, "d")
    assert names(shelf) == {"a", "c", "d"}


def test_a_folder_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError, match="Not a directory"):
        put(DiskCache(tmp_path / "file" / "shelf", 100_000), "a")


def test_what_a_dead_process_was_writing_is_swept_away(shelf: DiskCache) -> None:
    put(shelf, "a")
    old, new = shelf.folder / "b-1.part", shelf.folder / "c-2.part"
    for file in (old, new):
        file.write_bytes(b"half")
    os.utime(old, (0, 0))
    shelf.remove_abandoned()
    assert not old.exists()
    assert new.exists(), "somebody may be writing it"
    assert shelf.clear() > len(b"half")
    assert not new.exists()

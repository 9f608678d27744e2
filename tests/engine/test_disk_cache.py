"""An entry of the disk cache is whole or missing, and the cache never exceeds its capacity."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from refsheet_tui.engine.disk_cache import DamagedEntryError, DiskCache

PAYLOAD = bytes(range(256)) * 16


@pytest.fixture
def disk_cache(tmp_path: Path) -> DiskCache:
    return DiskCache(tmp_path / "cache", capacity=100_000)


def put(disk_cache: DiskCache, name: str, payload: bytes = PAYLOAD) -> bool:
    return disk_cache.write_entry(name, {"of": name}, memoryview(payload))


def names(disk_cache: DiskCache) -> set[str]:
    return {entry.name for entry in disk_cache.entries()}


def only_file(disk_cache: DiskCache) -> Path:
    (file,) = disk_cache.folder.iterdir()
    return file


def test_what_was_put_comes_back(disk_cache: DiskCache) -> None:
    assert put(disk_cache, "a")
    assert disk_cache.read_header("a")["of"] == "a"
    assert bytes(disk_cache.read_payload("a")) == PAYLOAD
    assert put(disk_cache, "a", b"")
    assert bytes(disk_cache.read_payload("a")) == b""


def test_nothing_is_there_before_the_first(disk_cache: DiskCache) -> None:
    assert names(disk_cache) == set()
    with pytest.raises(FileNotFoundError):
        disk_cache.read_payload("a")
    disk_cache.remove("a")
    assert disk_cache.clear() == 0


@pytest.mark.parametrize("place", [0, 2000, len(PAYLOAD) - 1])
def test_a_changed_byte_is_noticed(disk_cache: DiskCache, place: int) -> None:
    put(disk_cache, "a")
    content = bytearray(only_file(disk_cache).read_bytes())
    content[place] ^= 1
    only_file(disk_cache).write_bytes(content)
    with pytest.raises(DamagedEntryError, match="checksum"):
        disk_cache.read_payload("a")


def test_every_cut_is_noticed(disk_cache: DiskCache) -> None:
    put(disk_cache, "a", b"payload")
    content = only_file(disk_cache).read_bytes()
    for length in range(len(content)):
        only_file(disk_cache).write_bytes(content[:length])
        with pytest.raises(DamagedEntryError):
            disk_cache.read_payload("a")
        assert names(disk_cache) == set()


def test_every_changed_byte_of_header_and_trailer_is_noticed_or_harmless(
    disk_cache: DiskCache,
) -> None:
    put(disk_cache, "a", b"payload")
    content = only_file(disk_cache).read_bytes()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 0x55
        only_file(disk_cache).write_bytes(changed)
        try:
            found = bytes(disk_cache.read_payload("a"))
        except DamagedEntryError:
            continue
        assert found == b"payload"


def test_what_does_not_fit_is_not_kept(disk_cache: DiskCache) -> None:
    assert not put(disk_cache, "large", bytes(disk_cache.capacity + 1))
    assert names(disk_cache) == set()


def test_the_least_recently_used_leaves_first(tmp_path: Path) -> None:
    disk_cache = DiskCache(tmp_path, capacity=3 * (len(PAYLOAD) + 200))
    long_ago = time.time() - 1000
    for number, name in enumerate("abc"):
        put(disk_cache, name)
        os.utime(tmp_path / f"{name}.cache", (long_ago + number, long_ago + number))
    disk_cache.read_payload("a")
    put(disk_cache, "d")
    assert names(disk_cache) == {"a", "c", "d"}


def test_a_folder_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError, match="Not a directory"):
        put(DiskCache(tmp_path / "file" / "cache", 100_000), "a")


def test_what_a_dead_process_was_writing_is_swept_away(disk_cache: DiskCache) -> None:
    put(disk_cache, "a")
    old, new = disk_cache.folder / "b-1.part", disk_cache.folder / "c-2.part"
    for file in (old, new):
        file.write_bytes(b"half")
    os.utime(old, (0, 0))
    disk_cache.remove_abandoned()
    assert not old.exists()
    assert new.exists(), "somebody may be writing it"
    assert disk_cache.clear() > len(b"half")
    assert not new.exists()

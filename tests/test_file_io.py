"""Files that are written as a whole, or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from refsheet_tui.file_io import JsonFile, atomic_write


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "new" / "file"
    atomic_write(file, b"one")
    atomic_write(file, b"two", durable=True)
    assert file.read_bytes() == b"two"
    assert [each.name for each in file.parent.iterdir()] == ["file"]


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
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


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

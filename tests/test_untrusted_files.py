"""Only files are read, and anything else is refused at once, with its name."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from refsheet_tui.errors import CardError, NoCardError
from refsheet_tui.untrusted import read_file

LIMIT = 8


def refusal(path: Path, parse: Callable[[bytes], object] = bytes) -> CardError:
    with pytest.raises(CardError) as caught:
        read_file(path, LIMIT, parse, CardError("It is too large.", "Take another."))
    assert caught.value.problem and caught.value.remedy
    return caught.value


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe.json"
    os.mkfifo(path)
    assert refusal(path).problem == f"{path} is a device or pipe, not a file."


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_device_is_not_read() -> None:
    assert "is a device or pipe" in refusal(Path("/dev/zero")).problem


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path).problem == f"{tmp_path} is a folder, not a file."
    assert "doesn't exist" in refusal(tmp_path / "gone").problem
    (tmp_path / "file").write_bytes(b"")
    assert str(tmp_path) in refusal(tmp_path / "file" / "x").problem
    assert refusal(tmp_path / "a\0b").problem.startswith("Can't read ")
    assert refusal(tmp_path / ("a" * 5000)).problem.startswith("Can't read ")


def test_a_file_up_to_the_limit_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"x" * LIMIT)
    assert read_file(path, LIMIT, bytes.upper, CardError("", "")) == b"X" * LIMIT
    path.write_bytes(b"x" * (LIMIT + 1))
    assert refusal(path).problem == f"{path}: It is too large."


def test_the_class_of_an_error_stays(tmp_path: Path) -> None:
    def parse(data: bytes) -> None:
        raise NoCardError("It has none.", "Take another.")

    path = tmp_path / "x"
    path.write_bytes(b"x")
    assert isinstance(refusal(path, parse), NoCardError)


@pytest.mark.parametrize("address", ["https://example.com/x/ember.png", "http://example.com/a"])
def test_a_web_address_is_named(address: str) -> None:
    error = refusal(Path(address))
    assert error.problem == f"{address} is a web address, not a file."
    assert "Download the file first" in error.remedy

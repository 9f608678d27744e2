"""Allow one installation at a time, and leave a stamp when it is complete."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from installer import terminal

# Installing the test extras installs everything that running needs.
_STAMPS_BY_TARGET = {"run": ("run",), "test": ("run", "test")}


@contextmanager
def installation_lock(root: Path) -> Iterator[None]:
    """Wait until no other installation works in `root`, and keep others out meanwhile.

    The lock is on the folder itself, so no file is left behind. Child processes inherit it: if pip
    outlives a killed installation, the next one waits for it.
    """
    descriptor = os.open(root, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            terminal.print_line("another installation is at work here; waiting for it.")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_valid(root: Path, target: str, stamp: str) -> bool:
    try:
        return _stamp_path(root, target).read_text().strip() == stamp
    except OSError:
        return False


def remove_stamps(root: Path) -> None:
    """Mark nothing as installed until `write_stamp`.

    So an interrupted installation starts over.
    """
    for target in _STAMPS_BY_TARGET:
        _stamp_path(root, target).unlink(missing_ok=True)


def write_stamp(root: Path, target: str, stamp: str) -> None:
    for implied in _STAMPS_BY_TARGET[target]:
        path = _stamp_path(root, implied)
        unfinished = path.with_suffix(".tmp")
        unfinished.write_text(f"{stamp}\n")
        unfinished.replace(path)


def _stamp_path(root: Path, target: str) -> Path:
    return root / ".venv" / f"installed-{target}"

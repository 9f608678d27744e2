"""One installation at a time, and a mark when it is complete."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from installer import terminal

# Installing the test extras installs everything that running needs.
_IMPLIED = {"run": ("run",), "test": ("run", "test")}


@contextmanager
def lock(root: Path) -> Iterator[None]:
    """Wait until no other installation works in `root`.

    The lock is on the folder itself, so nothing is left behind. Child processes inherit it: pip
    that outlives a killed installation keeps the next one waiting.
    """
    descriptor = os.open(root, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            terminal.say("another installation is at work here; waiting for it.")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def valid(root: Path, goal: str, stamp: str) -> bool:
    try:
        return _path(root, goal).read_text().strip() == stamp
    except OSError:
        return False


def remove(root: Path) -> None:
    """Nothing is installed until `write`: an interrupted installation starts over."""
    for goal in _IMPLIED:
        _path(root, goal).unlink(missing_ok=True)


def write(root: Path, goal: str, stamp: str) -> None:
    for implied in _IMPLIED[goal]:
        path = _path(root, implied)
        unfinished = path.with_suffix(".tmp")
        unfinished.write_text(f"{stamp}\n")
        unfinished.replace(path)


def _path(root: Path, goal: str) -> Path:
    return root / ".venv" / f"installed-{goal}"

"""A command on its own terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from helpers.command import ROOT, command, environment

# Makes standard input the controlling terminal, so that Ctrl+C works.
TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """The keyboard and the output of a command."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._shown = b""

    def press(self, keys: bytes) -> None:
        os.write(self._fd, keys)

    def until(self, mark: bytes) -> bytes:
        """Return the output up to and including `mark`, from where the last call ended."""
        while mark not in self._shown:
            more = self._read()
            assert more, f"{mark!r} was not shown, but {self._shown!r}"
            self._shown += more
        shown, found, self._shown = self._shown.partition(mark)
        return shown + found

    def rest(self) -> bytes:
        """Return the remaining output until the command ends."""
        while more := self._read():
            self._shown += more
        return self._shown

    def _read(self) -> bytes:
        try:
            return os.read(self._fd, 65_536)
        except OSError:  # on Linux this means that the other end is closed
            return b""


@contextmanager
def on_a_terminal(
    home: Path, *arguments: str, variables: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], Terminal]]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE_TERMINAL, *command(*arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env={**environment(home), **(variables or {})},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield process, Terminal(ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)

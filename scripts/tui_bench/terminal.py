"""A program on a terminal of its own, driven by keys and watched by what it draws."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from types import TracebackType

_ROWS, _COLUMNS = 40, 120
_ROOT = Path(__file__).resolve().parent.parent.parent
_PATIENCE_S = 60.0
# What it is, and that it draws no pixels.
_QUESTION, _ANSWER = b"\x1b[c", b"\x1b[?62;22c"


class Terminal:
    """Python with these arguments on a terminal of 120 columns and 40 rows; ended on leaving."""

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        """`folder` is where refsheet keeps everything."""
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        self._seen = b""
        self.begun = monotonic()
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,  # which Textual draws on
            env=_environment(folder),
            start_new_session=True,
        )
        os.close(theirs)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.end()
        os.close(self._ours)

    def press(self, keys: str) -> None:
        """What was drawn until now counts no more for `until`."""
        self._read_on(0)
        self._seen = b""
        os.write(self._ours, keys.encode())

    def until(self, text: str) -> float:
        """When `text` was drawn. Raises `TimeoutError` after a minute."""
        end = monotonic() + _PATIENCE_S
        while text.encode() not in self._seen:
            if not self._read_on(end - monotonic()):
                raise TimeoutError(f"{text!r} was never drawn: {self._seen[-500:]!r}")
        return monotonic()

    def rest(self, seconds: float) -> None:
        """Let it draw what it wants to."""
        end = monotonic() + seconds
        while (left := end - monotonic()) > 0:
            self._read_on(left)

    def end(self) -> None:
        """Wait until it has ended by itself."""
        while self._read_on(_PATIENCE_S):
            pass
        self.process.wait(_PATIENCE_S)

    def _read_on(self, seconds: float) -> bool:
        """Whether something came in that time."""
        if not select.select([self._ours], [], [], max(0.0, seconds))[0]:
            return False
        try:
            piece = os.read(self._ours, 1 << 16)
        except OSError:  # how Linux tells that nobody holds the other end any more
            return False
        self._seen += piece
        if _QUESTION in piece:  # as terminals do, at once
            os.write(self._ours, _ANSWER)
        return bool(piece)


def _environment(folder: Path) -> Mapping[str, str]:
    kinds = ("CONFIG", "DATA", "CACHE", "STATE")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("REFSHEET_")},
        **{f"REFSHEET_{kind}_DIR": str(folder / kind.lower()) for kind in kinds},
        "PYTHONPATH": os.pathsep.join((str(_ROOT), str(_ROOT / "scripts"))),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LC_ALL": "C.UTF-8",
    }

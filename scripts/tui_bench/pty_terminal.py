"""Run a program on a terminal of its own, press keys and watch what it draws."""

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
_TIMEOUT_S = 60.0
# The program asks what the terminal is. The answer says that it can't show pictures.
_DEVICE_QUERY, _DEVICE_ANSWER = b"\x1b[c", b"\x1b[?62;22c"


class PtyTerminal:
    """A Python process on a terminal of 120 columns and 40 rows. It is ended on leaving."""

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        """Start Python with these arguments. `folder` is where refsheet stores everything."""
        self._master_fd, slave_fd = pty.openpty()
        fcntl.ioctl(slave_fd, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        self._output = b""
        self.started_at = monotonic()
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=slave_fd,
            stdout=slave_fd,
            stderr=slave_fd,  # which Textual draws on
            env=_environment(folder),
            start_new_session=True,
        )
        os.close(slave_fd)

    def __enter__(self) -> PtyTerminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.wait_for_exit()
        os.close(self._master_fd)

    def press(self, keys: str) -> None:
        """Press keys, and forget what was drawn until now."""
        self._read_output(0)
        self._output = b""
        os.write(self._master_fd, keys.encode())

    def wait_for_text(self, text: str) -> float:
        """Wait until `text` is drawn, and return the time. Raises `TimeoutError` after a minute."""
        end = monotonic() + _TIMEOUT_S
        while text.encode() not in self._output:
            if not self._read_output(end - monotonic()):
                raise TimeoutError(f"{text!r} was never drawn: {self._output[-500:]!r}")
        return monotonic()

    def drain_output(self, seconds: float) -> None:
        """Read what the program draws for so many seconds."""
        end = monotonic() + seconds
        while (seconds_left := end - monotonic()) > 0:
            self._read_output(seconds_left)

    def wait_for_exit(self) -> None:
        """Wait until the program has ended."""
        while self._read_output(_TIMEOUT_S):
            pass
        self.process.wait(_TIMEOUT_S)

    def _read_output(self, seconds: float) -> bool:
        """Read for at most `seconds`. Returns whether there was any output."""
        if not select.select([self._master_fd], [], [], max(0.0, seconds))[0]:
            return False
        try:
            piece = os.read(self._master_fd, 1 << 16)
        except OSError:  # on Linux this means that the other end is closed
            return False
        self._output += piece
        if _DEVICE_QUERY in piece:  # terminals answer at once
            os.write(self._master_fd, _DEVICE_ANSWER)
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

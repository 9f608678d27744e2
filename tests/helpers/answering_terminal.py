"""A terminal whose answers the test chooses, and which records everything drawn on it."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 60

# Variables in which the terminal of the test run describes itself.
_NOT_ITS = ("TMUX", "STY", "TERM_PROGRAM", "NO_COLOR", "COLUMNS", "LINES", "TEXTUAL_DRIVER")

NAME, ATTRIBUTES = b"\x1b[>0q", b"\x1b[c"

KITTY = {NAME: b"\x1bP>|kitty(0.42.1)\x1b\\", ATTRIBUTES: b"\x1b[?62;52;c"}
SIXEL = {NAME: b"\x1bP>|foot(1.20.2)\x1b\\", ATTRIBUTES: b"\x1b[?62;4;22;28;29c"}
NEITHER = {ATTRIBUTES: b"\x1b[?1;2c"}
SILENT: dict[bytes, bytes] = {}


class AnsweringTerminal:
    """A terminal in which the program runs from the beginning. `leave` ends both."""

    def __init__(
        self,
        answers: Mapping[bytes, bytes],
        folder: Path,
        settings: str = "",
        environ: Mapping[str, str] | None = None,
        typed: bytes = b"",
    ) -> None:
        """Start the program.

        Args:
            answers: What the terminal answers to each query.
            folder: Where the program saves its files.
            settings: The text of `config.yaml`.
            environ: More environment variables.
            typed: Keys that the user presses before the program has started.
        """
        self._answers = dict(answers)
        self._output = bytearray()
        self._lock = threading.Lock()
        # The model is chosen already, so that no dialog covers the pictures.
        (folder / "config.yaml").write_text(f"model: demo\n{settings}")
        self._master, slave = pty.openpty()
        self.resize(120, 40)
        self.before = termios.tcgetattr(slave)
        os.write(self._master, typed)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "refsheet_tui", "--config", str(folder / "config.yaml")],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={
                **{name: value for name, value in os.environ.items() if name not in _NOT_ITS},
                "PYTHONPATH": str(ROOT),
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                "LANG": "C.UTF-8",
                "TEXTUAL_ANIMATIONS": "none",
                **(environ or {}),
            },
        )
        self._slave = slave
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> bytes:
        with self._lock:
            return bytes(self._output)

    def resize(self, columns: int, lines: int, cell: tuple[int, int] = (10, 20)) -> None:
        size = struct.pack("HHHH", lines, columns, columns * cell[0], lines * cell[1])
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def wait_for(self, *texts: bytes, after: int = 0) -> int:
        """Wait until all `texts` were drawn after the first `after` bytes.

        Returns the number of bytes that were drawn by then.
        """
        return self.wait_until(lambda: all(text in self.output[after:] for text in texts), texts)

    def wait_until(self, reached: Callable[[], bool], what: object = "") -> int:
        deadline = time.monotonic() + _PATIENCE_S
        while not reached():
            assert self.process.poll() is None, self.output[-3000:]
            assert time.monotonic() < deadline, f"{what} never came: {self.output[-3000:]!r}"
            time.sleep(0.01)
        return len(self.output)

    def leave(self) -> bytes:
        """Quit the program, and return everything that was drawn."""
        self.type(b"\x11")
        assert self.process.wait(_PATIENCE_S) == 0
        self.after = termios.tcgetattr(self._slave)
        self.close()
        return self.output

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._slave >= 0:
            os.close(self._slave)
            self._slave = -1
            self._reader.join()
            os.close(self._master)

    def _read(self) -> None:
        asked = bytearray()
        while True:
            try:
                drawn = os.read(self._master, 65536)
            except OSError:  # the other side is closed
                return
            with self._lock:
                self._output += drawn
            asked = (asked + drawn)[-65536 - 16 :]
            for question, answer in list(self._answers.items()):
                if question in asked:
                    asked = asked.replace(question, b"")
                    os.write(self._master, answer)

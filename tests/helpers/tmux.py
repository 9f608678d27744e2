"""A real terminal: tmux on its own socket, with a shell in it."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 60
_LOOK_S = 0.05


class Terminal:
    """The screen and the keyboard of a user."""

    def __init__(self, socket: Path, folder: Path) -> None:
        """Start a shell. The program saves all of its files in `folder`."""
        self._socket = socket
        self._folder = folder
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", "sh")

    def tmux(self, *arguments: str) -> str:
        command = ("tmux", "-S", str(self._socket), *arguments)
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def start(self, before: str = "") -> None:
        """Open the screens. `before` is put before the command, such as `env`."""
        folder = shlex.quote(str(self._folder))
        kinds = ("STATE", "CONFIG", "DATA", "CACHE", "MODELS")
        folders = " ".join(f"REFSHEET_{kind}_DIR={folder}/{kind.lower()}" for kind in kinds)
        python = shlex.quote(sys.executable)
        self.type(f"clear; cd {shlex.quote(str(ROOT))}; {folders} LANG=C.UTF-8 ")
        self.type(f"{before.format(python=python)} {python} -m refsheet_tui; echo left with $?")
        self.press("Enter")

    def leave(self) -> None:
        self.press("C-q")
        self.wait_for("left with 0")

    def type(self, text: str) -> None:
        self.tmux("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p")

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while text not in self.screen():
            assert time.monotonic() < deadline, f"{text!r} never came:\n{self.screen()}"
            time.sleep(_LOOK_S)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    # The path of a socket may have about 100 characters.
    socket = Path("/tmp") / f"refsheet-{tmp_path.parent.name}-{tmp_path.name}"[:80]
    terminal = Terminal(socket, tmp_path / "kept")
    yield terminal
    terminal.tmux("kill-server")

"""The whole program in a real terminal."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from no_network import CAN_REFUSE

needs_filter = pytest.mark.skipif(not CAN_REFUSE, reason="the filter is for Linux")
ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 60


class Terminal:
    """tmux with a shell in it, on a socket of its own."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", "sh")

    def tmux(self, *arguments: str) -> str:
        command = ("tmux", "-S", str(self._socket), *arguments)
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

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


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    # The path of a socket may have about 100 characters.
    socket = Path("/tmp") / f"refsheet-{tmp_path.parent.name}-{tmp_path.name}"[:80]
    terminal = Terminal(socket)
    yield terminal
    terminal.tmux("kill-server")


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
@pytest.mark.parametrize("cut_off", [False, pytest.param(True, marks=needs_filter)])
def test_a_person_chats_and_leaves(terminal: Terminal, tmp_path: Path, cut_off: bool) -> None:
    """Also where the kernel refuses every network socket."""
    state = shlex.quote(str(tmp_path / "state"))
    python = shlex.quote(sys.executable)
    if cut_off:
        python = f"{python} tests/no_network.py {python}"
    terminal.type(f"cd {shlex.quote(str(ROOT))}; REFSHEET_STATE_DIR={state} LANG=C.UTF-8 ")
    terminal.type(f"REFSHEET_CONFIG_DIR={state} {python} -m refsheet_tui; echo left with $?")
    terminal.press("Enter")
    terminal.wait_for("Welcome to RefSheet")
    terminal.press("Escape")
    terminal.wait_for("Ember")
    terminal.wait_for("ready")
    terminal.press("Enter")
    terminal.wait_for("Message Ember")
    terminal.wait_for("red dragon")
    terminal.type("What color are your eyes?")
    terminal.press("Enter")
    terminal.wait_for("You")
    terminal.wait_for("tokens/s")
    terminal.press("C-q")
    terminal.wait_for("left with 0")
    # The shell is itself again: what is typed shows, and runs.
    terminal.type("echo sa''ne")
    terminal.press("Enter")
    terminal.wait_for("sane")
    assert "Traceback" not in terminal.screen()

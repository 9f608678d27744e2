"""The complete program in a real terminal."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil
import pytest

from helpers.no_network import CAN_REFUSE
from helpers.tmux import Terminal, terminal

__all__ = ["terminal"]
pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
needs_filter = pytest.mark.skipif(not CAN_REFUSE, reason="the filter is for Linux")

# Used tokens become more and more likely, unlike the end. A reply only ends when it is stopped, or
# after some 60,000 tokens.
ENDLESS = """\
threads: 1
context_size: 65536
generation:
  repeat_penalty: 0.01
  max_new_tokens: 100000
  seed: 18
"""


@pytest.mark.parametrize("cut_off", [False, pytest.param(True, marks=needs_filter)])
def test_a_person_chats_and_leaves(terminal: Terminal, cut_off: bool) -> None:
    """A user chats and quits, even if the kernel refuses all network sockets."""
    terminal.start("{python} tests/helpers/no_network.py" if cut_off else "")
    terminal.wait_for("Welcome to RefSheet")
    terminal.press("Escape")
    terminal.wait_for("Ember")
    terminal.wait_for("Ready")
    terminal.press("Enter")
    terminal.wait_for("Message Ember")
    terminal.wait_for("red dragon")
    terminal.type("What color are your eyes?")
    terminal.press("Enter")
    terminal.wait_for("You")
    terminal.wait_for("tokens/s")
    terminal.leave()
    # The shell works again: typed text is shown and run.
    terminal.type("echo sa''ne")
    terminal.press("Enter")
    terminal.wait_for("sane")
    assert "Traceback" not in terminal.screen()


def set_up(tmp_path: Path, settings: str) -> None:
    folder = tmp_path / "kept" / "config"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(settings)


def test_from_the_first_start_to_the_second(terminal: Terminal, tmp_path: Path) -> None:
    """Choose the demo, stop a reply, regenerate it, and find everything after a restart."""
    set_up(tmp_path, ENDLESS)
    terminal.start()
    terminal.wait_for("Welcome to RefSheet")
    terminal.wait_for("GB")
    terminal.press("Tab")
    terminal.press("Tab")
    terminal.press("Enter")
    terminal.wait_for("Clover")
    terminal.wait_for("Ready")
    terminal.press("Enter")
    terminal.wait_for("Message Ember")
    terminal.wait_for("Writing")
    terminal.press("Escape")
    terminal.wait_for("Stopped")
    terminal.press("C-r")
    terminal.wait_for("Writing")
    terminal.press("Escape")
    terminal.wait_for("‹2/2›")
    terminal.type("and now?")
    terminal.leave()
    terminal.start()
    terminal.wait_for("English · jus")
    assert "Welcome" not in terminal.screen()
    terminal.press("Enter")
    terminal.wait_for("‹2/2›")
    terminal.wait_for("and now?")
    terminal.leave()
    assert "Traceback" not in terminal.screen()


def test_the_engine_is_killed_while_it_writes(terminal: Terminal, tmp_path: Path) -> None:
    """After the engine is killed, its text stays, an error is shown, and replies work again."""
    set_up(tmp_path, ENDLESS + "model: demo\n")
    terminal.start()
    terminal.wait_for("Ember")
    terminal.wait_for("Ready")
    terminal.press("Enter")
    terminal.wait_for("Writing")
    terminal.wait_for("tokens/s")
    kill_engine(tmp_path)
    terminal.wait_for("SIGKILL")
    terminal.wait_for("  Ctrl+R to retry")
    terminal.press("C-r")
    terminal.wait_for("Writing")
    terminal.press("Escape")
    terminal.wait_for("Stopped")
    terminal.leave()
    assert "Traceback" not in terminal.screen()


def kill_engine(tmp_path: Path) -> None:
    """Kill the engine of this test, and not those of tests that run at the same time."""
    for process in psutil.process_iter():
        try:
            mine = str(tmp_path) in process.environ().get("REFSHEET_STATE_DIR", "")
            if mine and "refsheet_tui.engine.native" in process.cmdline():
                process.kill()
        except psutil.Error:
            continue

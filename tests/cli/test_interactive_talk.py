"""`refsheet talk` as a person has it, on a terminal, and what remains when the engine dies."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from command import ROOT, command, environment

CTRL_C, CTRL_D = b"\x03", b"\x04"
GREETED = b"Say something"
# With every token about as likely as every other, this seed's greeting goes on for thousands.
ENDLESS = (
    *("--temperature", "10", "--top-k", "0", "--top-p", "1"),
    *("--max-new-tokens", "100000", "--seed", "11"),
)
# Makes standard input the terminal that ctrl+c is pressed in.
TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """The keyboard of a command, and everything it shows."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._shown = b""

    def press(self, keys: bytes) -> None:
        os.write(self._fd, keys)

    def until(self, mark: bytes) -> bytes:
        """What is shown up to and with `mark`, from where the last call ended."""
        while mark not in self._shown:
            more = self._read()
            assert more, f"{mark!r} was not shown, but {self._shown!r}"
            self._shown += more
        shown, found, self._shown = self._shown.partition(mark)
        return shown + found

    def rest(self) -> bytes:
        """What is shown until the command ends."""
        while more := self._read():
            self._shown += more
        return self._shown

    def _read(self) -> bytes:
        try:
            return os.read(self._fd, 65_536)
        except OSError:  # how Linux says that the other end is closed
            return b""


@contextmanager
def on_a_terminal(
    home: Path, *arguments: str
) -> Iterator[tuple[subprocess.Popen[bytes], Terminal]]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE_TERMINAL, *command(*arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env=environment(home),
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield process, Terminal(ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def child_of(pid: int) -> int:
    """The only child. A bare Linux has no `pgrep`, and macOS no `/proc`."""
    if not Path("/proc/self/stat").exists():
        found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, check=True)
        return int(found.stdout)
    children = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # ended meanwhile
            parent = stat.read_text(errors="replace").rpartition(")")[2].split()[1]
            if int(parent) == pid:
                children.append(int(stat.parent.name))
    assert len(children) == 1
    return children[0]


def test_both_sides_of_a_talk_are_labelled(tmp_path: Path) -> None:
    with on_a_terminal(tmp_path, "talk", "ember", "--greedy") as (process, terminal):
        terminal.until(GREETED)
        assert b"Ember: " in terminal.until(b"\r\nYou: ")
        terminal.press(b"What are you?\n")
        assert b"Ember: " in terminal.until(b"\r\nYou: ")
        terminal.press(CTRL_D)
        assert terminal.rest().endswith(b"\r\n")
        assert process.wait() == 0


def test_ctrl_c_stops_the_reply_and_then_leaves(tmp_path: Path) -> None:
    with on_a_terminal(tmp_path, "talk", "ember", *ENDLESS) as (process, terminal):
        terminal.until(GREETED)
        terminal.until(b"Ember: ")
        terminal.press(CTRL_C)
        terminal.until(b"\r\nYou: ")
        terminal.press(CTRL_C)
        assert b"Traceback" not in terminal.rest()
        assert process.wait() == 130


def test_a_dying_engine_leaves_the_words_and_one_sentence(tmp_path: Path) -> None:
    talking = subprocess.Popen(
        command("talk", "ember", *ENDLESS),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=environment(tmp_path),
    )
    assert talking.stdout is not None
    begun = os.read(talking.stdout.fileno(), 1)
    os.kill(child_of(talking.pid), signal.SIGKILL)
    out, err = talking.communicate()
    problems = [line for line in err.splitlines() if line.startswith(b"refsheet: ")]
    assert talking.returncode == 1
    assert begun and out.endswith(b"\n")
    assert len(problems) == 1 and b"SIGKILL" in problems[0]
    assert b"Traceback" not in err

"""`refsheet talk` on a terminal, and its output when the engine dies."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from helpers.command import ROOT, command, environment
from helpers.terminal import on_a_terminal

CTRL_C, CTRL_D = b"\x03", b"\x04"
GREETED = b"Type a message"
# All tokens are about equally likely, and this seed's greeting has thousands of them.
ENDLESS = (
    *("--temperature", "10", "--top-k", "0", "--top-p", "1"),
    *("--max-new-tokens", "100000", "--seed", "11"),
)


def child_of(pid: int) -> int:
    """Return the only child process of `pid`.

    A minimal Linux has no `pgrep`, and macOS has no `/proc`.
    """
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

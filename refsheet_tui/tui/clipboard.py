"""Copying that works: through the system's own program where there is one, else through the
terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress

from textual.app import App

# Each takes what is to be copied on its standard input.
_PROGRAMS = (
    ("pbcopy",),
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
)
_PATIENCE_S = 2.0


def copy(app: App[int], text: str) -> None:
    """Over ssh the terminal is asked (OSC 52), which carries it to where the person sits; macOS's
    own terminal does not know that."""
    if not os.environ.get("SSH_CONNECTION"):
        for program in _PROGRAMS:
            if shutil.which(program[0]) and _copied(program, text):
                return
    app.copy_to_clipboard(text)


def _copied(program: tuple[str, ...], text: str) -> bool:
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            program, input=text.encode(), capture_output=True, timeout=_PATIENCE_S, check=False
        )
        return done.returncode == 0
    return False

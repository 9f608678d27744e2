"""Copying that works: through the system's own program where there is one, else through the
terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from functools import partial

from textual.app import App

from refsheet_tui.tui.background import in_thread

# Each takes what is to be copied on its standard input.
_PROGRAMS = (
    ("pbcopy",),
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
)
_PATIENCE_S = 2.0


async def copy(app: App[int], text: str) -> None:
    """Over ssh the terminal is asked (OSC 52), which carries it to where the person sits, and in a
    browser its page; macOS's own terminal does not know that."""
    if not (os.environ.get("SSH_CONNECTION") or app.is_web):
        for program in _PROGRAMS:
            if shutil.which(program[0]):
                is_copied: bool = await in_thread(partial(_copied, program, text))
                if is_copied:
                    return
    app.copy_to_clipboard(text)


def _copied(program: tuple[str, ...], text: str) -> bool:
    with suppress(OSError, subprocess.TimeoutExpired):
        # Some stay behind, and hold what they were given to write to.
        done = subprocess.run(
            program,
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE_S,
            check=False,
        )
        return done.returncode == 0
    return False

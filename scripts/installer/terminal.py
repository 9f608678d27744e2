"""What the person sees while something takes minutes."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable

_REFRESH_S = 0.2
_PLAIN_EVERY_S = 60.0


def say(text: str) -> None:
    """One line on standard error."""
    print(f"refsheet: {text}", file=sys.stderr, flush=True)


def wait(title: str, ended: Callable[[float], bool]) -> None:
    """Show `title` and the time gone by until `ended(seconds)`, which waits that long at most,
    is true: on one line of a terminal, as a line a minute elsewhere."""
    start = time.monotonic()
    if not sys.stderr.isatty():
        say(f"{title} …")
        while not ended(_PLAIN_EVERY_S):
            say(f"{title} … {_elapsed(start)}")
        return
    try:
        while not ended(_REFRESH_S):
            _redraw(f"refsheet: {title} … {_elapsed(start)}")
    finally:
        _redraw(f"refsheet: {title} … {_elapsed(start)}")
        print(file=sys.stderr)


def _redraw(line: str) -> None:
    # A line that wraps can't be taken back.
    width = shutil.get_terminal_size().columns - 1
    print(f"\r\x1b[K{line[:width]}", end="", file=sys.stderr, flush=True)


def _elapsed(start: float) -> str:
    minutes, seconds = divmod(int(time.monotonic() - start), 60)
    return f"{minutes}:{seconds:02d}"

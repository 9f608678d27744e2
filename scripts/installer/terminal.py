"""Show the user the progress of what takes minutes."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable

_REFRESH_S = 0.2
_PLAIN_EVERY_S = 60.0


def print_line(text: str) -> None:
    """Print one line on standard error."""
    print(f"refsheet: {text}", file=sys.stderr, flush=True)


def wait_with_progress(title: str, wait_for_end: Callable[[float], bool]) -> None:
    """Show `title` and the elapsed time until `wait_for_end` returns True.

    `wait_for_end(seconds)` waits that long at most. On a terminal, the time is shown in one line;
    elsewhere, there is a line each minute.
    """
    start = time.monotonic()
    if not sys.stderr.isatty():
        print_line(f"{title} …")
        while not wait_for_end(_PLAIN_EVERY_S):
            print_line(f"{title} … {_elapsed(start)}")
        return
    try:
        while not wait_for_end(_REFRESH_S):
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

"""The standard streams, in whatever state the program is given them."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path


def mend_streams() -> None:
    """Make a closed stream an empty one, and a character that the output can't show a `?`.

    Python leaves None in place of a stream that was closed (`<&-`), and the next file that is
    opened would get its number.
    """
    null = Path(os.devnull)
    sys.stdin = sys.stdin or null.open(encoding="utf-8")
    sys.stdout = sys.stdout or null.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or null.open("w", encoding="utf-8")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def abandon_output() -> None:
    """Let go of what standard output could not take: Python would try again at its end, and
    complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

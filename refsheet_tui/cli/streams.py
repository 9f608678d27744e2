"""Repairs to the standard streams, which may be closed or unable to show Unicode."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path


def repair_streams() -> None:
    """Replace closed streams with empty ones, and print `?` for characters that can't be shown.

    Python sets a stream to None if it was closed (`<&-`). The next file that is opened would get
    its file descriptor number.
    """
    null = Path(os.devnull)
    sys.stdin = sys.stdin or null.open(encoding="utf-8")
    sys.stdout = sys.stdout or null.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or null.open("w", encoding="utf-8")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def abandon_output() -> None:
    """Discard what standard output could not accept.

    Otherwise Python would try to write it again on exit, and print an error.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""Paths as terminals paste them when a file is dropped on the window."""

from __future__ import annotations

import re
import shlex
from urllib.parse import unquote, urlsplit

from refsheet_tui.text import clean

_WINDOWS = re.compile(r"^[A-Za-z]:\\")


def dropped_paths(text: str) -> list[str]:
    """The paths in a paste: quoted, backslash-escaped, `file://`, one or several, one a line.

    Text that is no such thing comes back as the one path it may be.
    """
    found: list[str] = []
    for line in clean(text).splitlines():
        if line.strip():
            found += _paths(line.strip())
    return found


def _paths(line: str) -> list[str]:
    if _WINDOWS.match(line):
        return [line]
    if line.startswith("file://"):
        return [unquote(urlsplit(url).path) for url in line.split()]
    if not _is_quoted(line):
        return [line]
    try:
        return shlex.split(line)
    except ValueError:  # a quote that is part of the name
        return [line]


def _is_quoted(line: str) -> bool:
    """Whether a terminal has quoted it: a path typed with plain blanks is left alone."""
    return line[0] in "'\"" or "\\" in line or " /" in line

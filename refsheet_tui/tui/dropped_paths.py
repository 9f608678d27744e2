"""Paths as terminals paste them when a file is dropped on the window."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from urllib.parse import unquote, urlsplit

from refsheet_tui import paths
from refsheet_tui.errors import PictureError
from refsheet_tui.pictures.files import looks_like_picture, open_regular
from refsheet_tui.untrusted import clean

# Characters: some dozen paths. Whatever is longer is words.
_LONGEST = 20_000
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


def dropped_pictures(text: str) -> list[Path]:
    """The pictures in a paste that names nothing else; none in one that is words."""
    found = [paths.typed(path) for path in dropped_paths(text)] if len(text) <= _LONGEST else []
    return found if found and all(map(_is_picture, found)) else []


def _is_picture(path: Path) -> bool:
    try:
        with open_regular(path) as file:
            return looks_like_picture(file)
    except PictureError:
        return False

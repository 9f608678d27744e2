"""Paths as terminals paste them when a file is dropped on the window."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from urllib.parse import unquote, urlsplit

from refsheet_tui import paths
from refsheet_tui.errors import PictureError
from refsheet_tui.pictures import looks_like_picture, open_regular_file
from refsheet_tui.untrusted import clean_text

# In characters. Some dozen paths fit; a longer paste is text.
_MAX_PASTE_LENGTH = 20_000
_WINDOWS_PATH = re.compile(r"^[A-Za-z]:\\")


def dropped_paths(text: str) -> list[str]:
    """Return the paths in a pasted text.

    They may be quoted, backslash-escaped or `file://` URLs, and on one or several lines. Other text
    is returned as a single path. A text that is too long for paths has none.
    """
    if len(text) > _MAX_PASTE_LENGTH:
        return []
    found_paths: list[str] = []
    for line in clean_text(text).splitlines():
        if line.strip():
            found_paths += _split_paths(line.strip())
    return found_paths


def _split_paths(line: str) -> list[str]:
    if _WINDOWS_PATH.match(line):
        return [line]
    if line.startswith("file://"):
        return [unquote(urlsplit(url).path) for url in line.split()]
    if not _is_quoted(line):
        return [line]
    try:
        return shlex.split(line)
    except ValueError:  # a quote that belongs to the name
        return [line]


def _is_quoted(line: str) -> bool:
    """Return True if a terminal has quoted the path. A typed path may have plain spaces."""
    return line[0] in "'\"" or "\\" in line or " /" in line


def dropped_pictures(text: str) -> list[Path]:
    """Return the pictures that a pasted text names, or none if it contains anything else."""
    pictures = [paths.expand_user(path) for path in dropped_paths(text)]
    return pictures if pictures and all(map(_is_picture, pictures)) else []


def _is_picture(path: Path) -> bool:
    try:
        with open_regular_file(path) as file:
            return looks_like_picture(file)
    except PictureError:
        return False

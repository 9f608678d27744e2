"""Marks on files and folders that the user has not been told of yet.

A mark is an empty file of the same name with an ending, so that it outlasts a killed program.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_ENDING = ".untold"


def mark_as_untold(path: Path) -> None:
    """Let `untold_paths` return a file or folder. Raises `OSError`."""
    _mark_of(path).touch()


def mark_as_told(path: Path) -> None:
    """Let `untold_paths` no longer return a file or folder."""
    with suppress(OSError):
        _mark_of(path).unlink(missing_ok=True)


def untold_paths(folder: Path, pattern: str) -> list[Path]:
    """Return the files or folders in `folder` of a pattern that the user was not told of."""
    marks = sorted(folder.glob(f"{pattern}{_ENDING}"))
    return [mark.with_name(mark.name.removesuffix(_ENDING)) for mark in marks]


def _mark_of(path: Path) -> Path:
    return path.with_name(f"{path.name}{_ENDING}")

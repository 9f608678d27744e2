"""Pictures named on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.pictures import open_picture


def find_picture(name: str) -> Path:
    """A path as given, or the sample sheet that `samples/…` means outside of a clone."""
    path = paths.typed(name)
    if not paths.exists(path) and path.parts[:1] == ("samples",) and len(path.parts) == 2:
        shipped = paths.samples_dir() / path.name
        if paths.exists(shipped):
            return shipped
    return path


def check_pictures(pictures: Iterable[Path]) -> None:
    """Refuse what can't be opened before a model is loaded for nothing. Raises `PictureError`."""
    for picture in pictures:
        open_picture(picture).close()

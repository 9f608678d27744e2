"""Pictures named on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from refsheet_tui import paths
from refsheet_tui.pictures import open_picture

if TYPE_CHECKING:
    from PIL import Image


def find_picture(name: str) -> Path:
    """Return the path of a picture.

    Outside of a clone of the repository, `samples/…` means a sample that the package contains.
    """
    path = paths.expand_user(name)
    if not paths.exists(path) and path.parts[:1] == ("samples",) and len(path.parts) == 2:
        sample = paths.samples_dir() / path.name
        if paths.exists(sample):
            return sample
    return path


def open_pictures(pictures: Iterable[Path]) -> dict[Path, Image.Image]:
    """Open pictures before a model is loaded, so that a bad one is reported at once.

    Raises `PictureError`.
    """
    return {picture: open_picture(picture) for picture in pictures}


def check_pictures(pictures: Iterable[Path]) -> None:
    """Raise `PictureError` for a picture that can't be opened."""
    for picture in pictures:
        open_picture(picture).close()

"""Pictures named on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from refsheet_tui import paths
from refsheet_tui.cli.console import print_note
from refsheet_tui.pictures import ground_notice, open_picture
from refsheet_tui.untrusted import one_line

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

    The user is told of a picture that isn't on white. Raises `PictureError`.
    """
    images = {picture: open_picture(picture) for picture in pictures}
    for picture, image in images.items():
        notice = ground_notice(image)
        if notice is not None:
            print_note(f"{one_line(str(picture))}: {notice}")
    return images


def check_pictures(pictures: Iterable[Path]) -> None:
    """Raise `PictureError` for a picture that can't be opened.

    The user is told of a picture that isn't on white.
    """
    for picture in pictures:
        open_pictures([picture])

"""What can be said about a picture file before anything decodes it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from refsheet_tui.errors import PictureError
from refsheet_tui.text import one_line

# Pillow reads a WEBP file into memory as a whole before it looks at it. No picture within the
# pixel limit needs nearly as much.
MAX_BYTES = 1 << 30

_BEGINNINGS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")


def open_regular(path: Path) -> BinaryIO:
    """The file at `path`, open for reading; never a pipe or device, which could block forever.

    Raises `PictureError` for everything that is not a readable file with something in it.
    """
    name = one_line(str(path))
    try:
        _check_kind(name, path.stat())
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PictureError(
            f"The file {name} does not exist.", "Check the folder and the name."
        ) from error
    except PermissionError as error:
        raise PictureError(
            f"The file {name} can't be read: permission denied.",
            "Make it readable, or copy it to a folder of your own.",
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise PictureError(
            f"The file {name} can't be read: {one_line(reason)}.",
            "Check the name, or copy the picture to another folder.",
        ) from error


def looks_like_picture(file: BinaryIO) -> bool:
    """Whether `file` begins as one of the supported formats does."""
    file.seek(0)
    head = file.read(12)
    return head.startswith(_BEGINNINGS) or (head[:4] == b"RIFF" and head[8:] == b"WEBP")


def _check_kind(name: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise PictureError(f"{name} is a folder.", "Choose a picture file inside it.")
    if not stat.S_ISREG(status.st_mode):
        raise PictureError(
            f"{name} is a device or a pipe, not a file.", "Save the picture as a file first."
        )
    if status.st_size == 0:
        raise PictureError(f"The file {name} is empty.", "Save or download the picture again.")
    if status.st_size > MAX_BYTES:
        raise PictureError(
            f"The file {name} is larger than 1 GiB.", "Save the picture smaller and use that."
        )

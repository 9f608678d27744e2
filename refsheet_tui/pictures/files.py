"""The checks of a picture file before it is decoded."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from refsheet_tui.errors import PictureError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line

# Pillow reads a whole WEBP file into memory before it checks anything. No picture within the limit
# of pixels needs nearly as much.
MAX_BYTES = 1 << 30

_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")


def open_regular_file(path: Path) -> BinaryIO:
    """Open a file for reading, but never a pipe or a device, which could block forever.

    Raises `PictureError` for everything that isn't a readable file with some content.
    """
    name = one_line(str(path))
    try:
        _check_kind(name, path.stat())
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PictureError(
            _("{file} doesn't exist.").format(file=name),
            _("Check the folder and the file name."),
        ) from error
    except PermissionError as error:
        raise PictureError(
            _("Can't read {file}: permission denied.").format(file=name),
            _("Make the file readable, or copy it to one of your own folders."),
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise PictureError(
            _("Can't read {file}: {reason}.").format(file=name, reason=one_line(reason)),
            _("Check the file name, or copy the picture to another folder."),
        ) from error


def looks_like_picture(file: BinaryIO) -> bool:
    """Return True if `file` begins like one of the supported formats."""
    file.seek(0)
    head = file.read(12)
    return head.startswith(_SIGNATURES) or (head[:4] == b"RIFF" and head[8:] == b"WEBP")


def _check_kind(name: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise PictureError(
            _("{file} is a folder, not a file.").format(file=name),
            _("Choose a picture in that folder."),
        )
    if not stat.S_ISREG(status.st_mode):
        raise PictureError(
            _("{file} is a device or pipe, not a file.").format(file=name),
            _("Save the picture as a file first."),
        )
    if status.st_size == 0:
        raise PictureError(
            _("{file} is empty.").format(file=name),
            _("Save or download the picture again."),
        )
    if status.st_size > MAX_BYTES:
        raise PictureError(
            _("{file} is larger than 1 GiB.").format(file=name),
            _("Save a smaller copy and use that instead."),
        )

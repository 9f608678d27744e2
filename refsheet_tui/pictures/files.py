"""What can be said about a picture file before anything decodes it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from refsheet_tui.errors import PictureError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line

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
            _("The file {file} does not exist.").format(file=name),
            _("Check the folder and the name."),
        ) from error
    except PermissionError as error:
        raise PictureError(
            _("The file {file} can't be read: permission denied.").format(file=name),
            _("Make it readable, or copy it to a folder of your own."),
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise PictureError(
            _("The file {file} can't be read: {reason}.").format(
                file=name, reason=one_line(reason)
            ),
            _("Check the name, or copy the picture to another folder."),
        ) from error


def looks_like_picture(file: BinaryIO) -> bool:
    """Whether `file` begins as one of the supported formats does."""
    file.seek(0)
    head = file.read(12)
    return head.startswith(_BEGINNINGS) or (head[:4] == b"RIFF" and head[8:] == b"WEBP")


def _check_kind(name: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise PictureError(
            _("{file} is a folder.").format(file=name), _("Choose a picture file inside it.")
        )
    if not stat.S_ISREG(status.st_mode):
        raise PictureError(
            _("{file} is a device or a pipe, not a file.").format(file=name),
            _("Save the picture as a file first."),
        )
    if status.st_size == 0:
        raise PictureError(
            _("The file {file} is empty.").format(file=name),
            _("Save or download the picture again."),
        )
    if status.st_size > MAX_BYTES:
        raise PictureError(
            _("The file {file} is larger than 1 GiB.").format(file=name),
            _("Save the picture smaller and use that."),
        )

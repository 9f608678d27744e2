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

_SIGNATURES = {
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"BM": "BMP",
}
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_HEIF_BRANDS = {b"mif1", b"mif2", b"msf1"}
_HEAD_BYTES = 64


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
    """Return True if `file` begins like a picture, also if it can't be opened, like HEIC."""
    return picture_format(file) is not None


def picture_format(file: BinaryIO) -> str | None:
    """Return the name of the picture format that `file` begins like; None if of no known one.

    That is PNG, JPEG, WEBP, GIF, BMP, AVIF or HEIC.
    """
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        return _iso_format(head)
    return next((name for start, name in _SIGNATURES.items() if head.startswith(start)), None)


def _iso_format(head: bytes) -> str | None:
    """Return the format of an ISO base media file by its brands (ISO/IEC 14496-12, 4.3)."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[place : place + 4] for place in range(16, end, 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIC" if brands & (_HEIC_BRANDS | _HEIF_BRANDS) else None


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

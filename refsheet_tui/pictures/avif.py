"""AVIF files without their EXIF data.

Pillow parses this as it opens the file, and copies the value of every tag, however they overlap. It
says nothing that is needed: the orientation of an AVIF picture is a property of the picture (AVIF
1.1, section 3).
"""

from __future__ import annotations

import io
from typing import BinaryIO

_META_BOX, _EXIF_ITEM, _UNKNOWN_ITEM = b"meta", b"Exif", b"skip"
_HEAD_BYTES = 8
_MAX_BOXES = 1024


def without_exif(file: BinaryIO) -> BinaryIO:
    """Return a copy of an AVIF file in memory in which no item is EXIF data.

    The types of all items are listed in the box `meta` (ISO/IEC 23008-12).
    """
    file.seek(0)
    data = bytearray(file.read())
    position = 0
    for _ in range(_MAX_BOXES):
        size = int.from_bytes(data[position : position + 4], "big")
        if data[position + 4 : position + _HEAD_BYTES] == _META_BOX:
            end = position + size if size else len(data)
            data[position:end] = data[position:end].replace(_EXIF_ITEM, _UNKNOWN_ITEM)
        if size < _HEAD_BYTES:  # it reaches to the end of the file, or is a film's
            break
        position += size
    return io.BytesIO(data)

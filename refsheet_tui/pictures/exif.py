"""The few EXIF values that matter here, from untrusted EXIF data (EXIF 2.32, TIFF 6.0).

Pillow copies the value of every tag. Overlapping values make gigabytes of a small file.
"""

from __future__ import annotations

import struct

ORIENTATION = 0x0112
IMAGE_DESCRIPTION = 0x010E
USER_COMMENT = 0x9286
XP_COMMENT = 0x9C9C

_EXIF_DIRECTORY = 0x8769
_TAGS = (ORIENTATION, IMAGE_DESCRIPTION, USER_COMMENT, XP_COMMENT, _EXIF_DIRECTORY)
_PREFIX = b"Exif\0\0"
# Bytes of a value, by its type.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4, 13: 4}
_SHORTS, _LONGS = (3, 8), (4, 9, 13)
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}


def read_exif(data: bytes) -> dict[int, bytes | int]:
    """Return the values of the tags above that are in EXIF data.

    Args:
        data: EXIF data of any size, with or without its prefix.

    Returns:
        The values by tag, as far as they can be read: single numbers as integers, all others as
        their bytes. The first of several values counts. Together they are not longer than twice the
        data, however they overlap.
    """
    begin = 0
    while data.startswith(_PREFIX, begin):
        begin += len(_PREFIX)
    data = data[begin:]
    order = _BYTE_ORDERS.get(data[:4])
    if order is None or len(data) < 8:
        return {}
    values = _read_directory(data, order, struct.unpack_from(f"{order}I", data, 4)[0])
    exif_directory = values.pop(_EXIF_DIRECTORY, None)
    if isinstance(exif_directory, int):
        values = {**_read_directory(data, order, exif_directory), **values}
        values.pop(_EXIF_DIRECTORY, None)
    return values


def _read_directory(data: bytes, order: str, position: int) -> dict[int, bytes | int]:
    values: dict[int, bytes | int] = {}
    room = len(data)
    entry = struct.Struct(f"{order}HHI4s")
    if position + 2 > len(data):
        return values
    count = struct.unpack_from(f"{order}H", data, position)[0]
    for number in range(count):
        place = position + 2 + number * entry.size
        if place + entry.size > len(data):
            break
        tag, kind, length, content = entry.unpack_from(data, place)
        if tag in _TAGS and tag not in values and kind in _SIZES:
            size = length * _SIZES[kind]
            if size > len(content):
                offset = struct.unpack(f"{order}I", content)[0]
                content = data[offset : offset + size]
                room -= len(content)
            if room < 0:
                break
            if length == 1 and kind in _SHORTS:
                values[tag] = int(struct.unpack_from(f"{order}H", content)[0])
            elif length == 1 and kind in _LONGS:
                values[tag] = int(struct.unpack(f"{order}I", content)[0])
            else:
                values[tag] = content[:size]
    return values

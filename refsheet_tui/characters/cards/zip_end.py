"""Finding a ZIP archive in a file that begins with something else, or ends with it."""

from __future__ import annotations

import struct

from refsheet_tui.characters.cards.limits import MAX_ENTRIES, too_large_error
from refsheet_tui.i18n import N_

# The records of a ZIP file (APPNOTE 6.3.10, section 4.3).
_LOCAL_HEADER, _DIRECTORY, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END_64, _LOCATOR_64 = b"PK\x06\x06", b"PK\x06\x07"
# Their second value is the size of the directory.
_END_RECORD, _END_RECORD_64 = struct.Struct("<4s8xI6x"), struct.Struct("<4s36xQ8x")
_LOCATOR_64_BYTES = 20
_LOCAL_RECORD = struct.Struct("<4s3H")
_MAX_VERSION, _MAX_METHOD = 63, 99
_MAX_CANDIDATES = 64
# An entry has 46 bytes, a name, and little else.
_MAX_DIRECTORY_BYTES = MAX_ENTRIES * 256


def find_archive(data: bytes) -> bytes | None:
    """Return the part of `data` that ends with a ZIP archive; None if there is none.

    The archive may begin anywhere. What is behind it is left out, and so is its comment. Marks of
    an end that belong to something else, such as a comment, are passed over. Raises `CardError` for
    a directory that is so large that reading it would take long.
    """
    place = len(data)
    for _ in range(_MAX_CANDIDATES):
        place = data.rfind(_END, 0, place)
        if place < 0:
            return None
        size = _directory_bytes(data, place)
        if size is not None:
            if size > _MAX_DIRECTORY_BYTES:
                raise too_large_error(N_("The file list"))
            return data[: place + _END_RECORD.size - 2] + b"\0\0"
    return None


def begins_archive(data: bytes) -> bool:
    """Return True if an entry of a ZIP archive is anywhere in `data`."""
    place = -1
    for _ in range(_MAX_CANDIDATES):
        place = data.find(_LOCAL_HEADER, place + 1)
        if place < 0:
            return False
        record = data[place : place + _LOCAL_RECORD.size]
        if len(record) < _LOCAL_RECORD.size:
            return place == 0
        _signature, version, _flags, method = _LOCAL_RECORD.unpack(record)
        if version & 0xFF <= _MAX_VERSION and method <= _MAX_METHOD:
            return True
    return False


def _directory_bytes(data: bytes, place: int) -> int | None:
    """Return the size of the directory that ends where its end record begins; None if none does."""
    if place + _END_RECORD.size > len(data):
        return None
    size, begin = _END_RECORD.unpack_from(data, place)[1], place
    locator = place - _LOCATOR_64_BYTES
    record = locator - _END_RECORD_64.size
    # Whatever the end record says, these count before it.
    if record >= 0 and data.startswith(_LOCATOR_64, locator) and data.startswith(_END_64, record):
        size, begin = _END_RECORD_64.unpack_from(data, record)[1], record
    begin -= size
    is_directory = not size or (begin >= 0 and data.startswith(_DIRECTORY, begin))
    return int(size) if is_directory else None

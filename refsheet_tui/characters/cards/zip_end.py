"""Finding a ZIP archive in a file that begins with something else, or ends with it."""

from __future__ import annotations

import struct

# The records of a ZIP file (APPNOTE 6.3.10, section 4.3).
_LOCAL_HEADER, _DIRECTORY, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_LOCATOR_64 = b"PK\x06\x07"
_END_RECORD = struct.Struct("<4s4H2IH")
_LOCATOR_64_BYTES = 20
_LOCAL_RECORD = struct.Struct("<4s3H")
_UNKNOWN = 0xFFFFFFFF
_MAX_VERSION, _MAX_METHOD = 63, 99
_MAX_CANDIDATES = 64


def find_archive(data: bytes) -> bytes | None:
    """Return the part of `data` that ends with a ZIP archive; None if there is none.

    The archive may begin anywhere. What is behind it is left out, and so is its comment. Marks of
    an end that belong to something else, such as a comment, are passed over.
    """
    place = len(data)
    for _ in range(_MAX_CANDIDATES):
        place = data.rfind(_END, 0, place)
        if place < 0:
            return None
        if _is_end(data, place):
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


def _is_end(data: bytes, place: int) -> bool:
    """Return True if the directory of an archive ends where its end record begins."""
    if place + _END_RECORD.size > len(data):
        return False
    _sign, _disk, _start_disk, _here, entries, size, _offset, _rest = _END_RECORD.unpack_from(
        data, place
    )
    if size == _UNKNOWN or entries == 0xFFFF:
        return data[max(place - _LOCATOR_64_BYTES, 0) :].startswith(_LOCATOR_64)
    if not entries:
        return not size
    return size <= place and data[place - size : place - size + 4] == _DIRECTORY

"""The pages in a write-ahead log (section 4 of https://www.sqlite.org/fileformat2.html)."""

from __future__ import annotations

import struct

_MAGICS = {0x377F0682: "<", 0x377F0683: ">"}
_HEADER = struct.Struct(">8I")
_FRAME_HEADER = struct.Struct(">6I")
_MASK = 0xFFFFFFFF


def read_log(log: bytes) -> dict[int, bytes]:
    """Return the pages that complete transactions have written, by number.

    Args:
        log: The content of the file `-wal`. What comes behind a damaged part is not read, as by
            SQLite.
    """
    if len(log) < _HEADER.size:
        return {}
    magic, _, page_size, _, *salt_and_sum = _HEADER.unpack_from(log)
    salt, header_sum = tuple(salt_and_sum[:2]), tuple(salt_and_sum[2:])
    order = _MAGICS.get(magic, "")
    if not order or _checksum(log[: _HEADER.size - 8], (0, 0), order) != header_sum:
        return {}
    committed: dict[int, bytes] = {}
    pending: dict[int, bytes] = {}
    checksum, place = header_sum, _HEADER.size
    while place + _FRAME_HEADER.size + page_size <= len(log):
        page, size_after_commit, *rest = _FRAME_HEADER.unpack_from(log, place)
        begin = place + _FRAME_HEADER.size
        content = log[begin : begin + page_size]
        checksum = _checksum(log[place : place + 8] + content, checksum, order)
        if (tuple(rest[:2]), tuple(rest[2:])) != (salt, checksum):
            break
        pending[page] = content
        if size_after_commit:
            committed.update(pending)
            pending.clear()
        place = begin + page_size
    return committed


def _checksum(data: bytes, start: tuple[int, ...], order: str) -> tuple[int, int]:
    first, second = start
    for left, right in struct.iter_unpack(f"{order}2I", data):
        first = (first + left + second) & _MASK
        second = (second + right + first) & _MASK
    return first, second

"""Reading the rows in the pages of an SQLite file without SQLite, which refuses damaged files.

The numbers of sections are those of the file format: https://www.sqlite.org/fileformat2.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from mmap import mmap
from typing import NamedTuple

Value = int | float | str | bytes | None

_MAGIC = b"SQLite format 3\0"
_DEFAULT_PAGE_SIZE = 4096
_FILE_HEADER_BYTES = 100
# Section 1.6: the kinds of pages of a b-tree, and the bytes of their headers.
_INTERIOR_INDEX, _INTERIOR_TABLE, _LEAF_INDEX, _LEAF_TABLE = 0x02, 0x05, 0x0A, 0x0D
_HEADER_BYTES = {_INTERIOR_INDEX: 12, _INTERIOR_TABLE: 12, _LEAF_INDEX: 8, _LEAF_TABLE: 8}
# Section 2.1: the bytes of integers, by their serial types.
_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_FLOAT, _ZERO, _ONE, _FIRST_BLOB = 7, 8, 9, 12
_SMALLEST, _LARGEST = -(1 << 63), (1 << 63) - 1


class Record(NamedTuple):
    """A row of a table.

    Attributes:
        rowid: The number of the row; None if the table has no such numbers.
        values: The values of its columns. A text whose end is damaged ends earlier.
    """

    rowid: int | None
    values: tuple[Value, ...]


class Subtree(NamedTuple):
    """A page of a b-tree, and the range of the numbers of rows that belong there."""

    page: int
    lowest: int = _SMALLEST
    highest: int = _LARGEST

    def contains(self, record: Record) -> bool:
        """Return True if a row belongs to this page."""
        return record.rowid is None or self.lowest <= record.rowid <= self.highest


def page_size_of(header: bytes) -> int:
    """Return the size of a database's pages in bytes; SQLite's default if the header is damaged."""
    size = int.from_bytes(header[16:18], "big")
    size = 65536 if size == 1 else size  # section 1.3.2
    is_possible = 512 <= size <= 65536 and size & (size - 1) == 0
    return size if is_possible and header.startswith(_MAGIC) else _DEFAULT_PAGE_SIZE


class DatabasePages:
    """The pages of a database file, numbered from 1. Any of them may be damaged.

    No method raises an error for what a page contains.
    """

    def __init__(
        self, content: bytes | mmap, newer_pages: Mapping[int, bytes] | None = None
    ) -> None:
        """Prepare for reading.

        Args:
            content: The content of the file.
            newer_pages: Pages that replace those of the file, by number.
        """
        self._content = content
        self._newer_pages = newer_pages or {}
        first_page = self._newer_pages.get(1, bytes(content[:_FILE_HEADER_BYTES]))
        self._page_size = page_size_of(first_page)
        pages_of_file = -(-len(content) // self._page_size)
        self.count = max(pages_of_file, *self._newer_pages, 0)

    def read(self, page: int) -> bytes:
        """Return the content of a page; zeros where the file has ended."""
        if page in self._newer_pages:
            return self._newer_pages[page].ljust(self._page_size, b"\0")
        begin = (page - 1) * self._page_size
        return bytes(self._content[begin : begin + self._page_size]).ljust(self._page_size, b"\0")

    def walk(self, root: int) -> Iterator[Subtree]:
        """Yield the pages of the b-tree below `root` that have rows, in the order of the rows."""
        waiting, seen = [Subtree(root)], set[int]()
        while waiting:
            subtree = waiting.pop()
            if subtree.page in seen or not 1 <= subtree.page <= self.count:
                continue
            seen.add(subtree.page)
            content = self.read(subtree.page)
            kind = content[self._begin(subtree.page)]
            if kind != _INTERIOR_TABLE:  # an interior page of an index has rows, too
                yield subtree
            if kind in (_INTERIOR_TABLE, _INTERIOR_INDEX):
                waiting += reversed(self._children(subtree, content, kind))

    def has_rows(self, page: int) -> bool:
        """Return True for a page that may have rows of a table."""
        return self.read(page)[self._begin(page)] in (_LEAF_TABLE, _LEAF_INDEX, _INTERIOR_INDEX)

    def records(self, page: int) -> Iterator[Record]:
        """Yield the rows of a page, or the entries of an index, that can be read."""
        content = self.read(page)
        kind = content[self._begin(page)]
        if kind not in (_LEAF_TABLE, _LEAF_INDEX, _INTERIOR_INDEX):
            return
        for place in self._cells(page, content, kind):
            position = place + (4 if kind == _INTERIOR_INDEX else 0)
            size, position = _read_varint(content, position)
            rowid = None
            if kind == _LEAF_TABLE:
                rowid, position = _read_rowid(content, position)
            payload = self._payload(content, position, size, is_table=kind == _LEAF_TABLE)
            if values := _parse_record(payload):
                yield Record(rowid, values)

    def free_pages(self) -> set[int]:
        """Return the pages that are in no b-tree, by the list of the file (section 1.5)."""
        trunk, free = int.from_bytes(self.read(1)[32:36], "big"), set[int]()
        while 1 < trunk <= self.count and trunk not in free:
            free.add(trunk)
            content = self.read(trunk)
            count = min(int.from_bytes(content[4:8], "big"), self._page_size // 4 - 2)
            free.update(struct.unpack_from(f">{count}I", content, 8))
            trunk = int.from_bytes(content[:4], "big")
        return free

    def _begin(self, page: int) -> int:
        return _FILE_HEADER_BYTES if page == 1 else 0

    def _cells(self, page: int, content: bytes, kind: int) -> Iterator[int]:
        """Yield the places of the cells of a page."""
        begin = self._begin(page)
        count = int.from_bytes(content[begin + 3 : begin + 5], "big")
        first = begin + _HEADER_BYTES[kind]
        for place in range(first, min(first + 2 * count, self._page_size - 1), 2):
            cell = int.from_bytes(content[place : place + 2], "big")
            if first <= cell < self._page_size:
                yield cell

    def _children(self, subtree: Subtree, content: bytes, kind: int) -> list[Subtree]:
        """Return the pages below an interior page, in their order."""
        children, lowest = list[Subtree](), subtree.lowest
        for place in self._cells(subtree.page, content, kind):
            page = int.from_bytes(content[place : place + 4], "big")
            if kind == _INTERIOR_TABLE:
                highest, _ = _read_rowid(content, place + 4)
                children.append(Subtree(page, lowest, highest))
                lowest = highest + 1
            else:
                children.append(Subtree(page))
        begin = self._begin(subtree.page)
        last = int.from_bytes(content[begin + 8 : begin + 12], "big")
        return [*children, Subtree(last, lowest, subtree.highest)]

    def _payload(self, content: bytes, begin: int, size: int, *, is_table: bool) -> bytes:
        """Return the content of a cell, which goes on in other pages (section 1.6)."""
        usable = self._page_size
        most = usable - 35 if is_table else (usable - 12) * 64 // 255 - 23
        if size <= most:
            return content[begin : begin + size]
        least = (usable - 12) * 32 // 255 - 23
        local = least + (size - least) % (usable - 4)
        local = local if local <= most else least
        parts = [content[begin : begin + local]]
        page = int.from_bytes(content[begin + local : begin + local + 4], "big")
        left, seen = size - local, set[int]()
        while left > 0 and 1 < page <= self.count and page not in seen:
            seen.add(page)
            following = self.read(page)
            parts.append(following[4 : 4 + left])
            left -= usable - 4
            page = int.from_bytes(following[:4], "big")
        return b"".join(parts)


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    """Return a number of 1 to 9 bytes and the place behind it (section 1.6)."""
    value = 0
    for index, byte in enumerate(data[place : place + 9]):
        if index == 8:
            return (value << 8) | byte, place + 9
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            return value, place + index + 1
    return value, len(data)


def _read_rowid(data: bytes, place: int) -> tuple[int, int]:
    number, end = _read_varint(data, place)
    return (number - (1 << 64) if number > _LARGEST else number), end


def _parse_record(payload: bytes) -> tuple[Value, ...]:
    """Return the values of a record (section 2.1), up to where it is damaged."""
    header_size, position = _read_varint(payload, 0)
    types = list[int]()
    while position < min(header_size, len(payload)):
        serial_type, position = _read_varint(payload, position)
        types.append(serial_type)
    values, place = list[Value](), header_size
    for serial_type in types:
        if serial_type in _INTEGER_BYTES:
            size = _INTEGER_BYTES[serial_type]
        elif serial_type == _FLOAT:
            size = 8
        else:
            size = max(0, (serial_type - _FIRST_BLOB) // 2)
        data = payload[place : place + size]
        if len(data) < size and serial_type < _FIRST_BLOB:
            break
        values.append(_value(serial_type, data))
        place += size
    return tuple(values)


def _value(serial_type: int, data: bytes) -> Value:
    if serial_type in _INTEGER_BYTES:
        return int.from_bytes(data, "big", signed=True)
    if serial_type == _FLOAT:
        return float(struct.unpack(">d", data)[0])
    if serial_type in (_ZERO, _ONE):
        return serial_type - _ZERO
    if serial_type < _FIRST_BLOB:
        return None
    return data.decode("utf-8", "replace") if serial_type % 2 else data

"""PNG files as chunks, and without the chunks that no pixel depends on.

The format is described in the PNG specification, sections 5 and 11.
"""

from __future__ import annotations

import io
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, BinaryIO, NamedTuple, cast

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEAD = struct.Struct(">I4s")
_HEAD_BYTES, _CHECKSUM_BYTES = 8, 4
# A picture of a gigabyte has about 130,000 chunks of the usual 8 KiB.
_MAX_CHUNKS = 1 << 19
# Orientations are in these chunks, some of them only in texts with these keywords.
_ORIENTATION_KEYWORDS = (b"XML:com.adobe.xmp", b"Raw profile type exif")
_MAX_NEEDED_BYTES, _MAX_ALL_NEEDED_BYTES = 1 << 20, 8 << 20


class PngChunk(NamedTuple):
    """A chunk of a PNG file.

    Attributes:
        kind: Its four letters.
        begin: Where its content begins, in bytes from the begin of the file.
        length: How many bytes its content has.
        is_whole: Its content and checksum are in the file. Only the last chunk can be cut.
    """

    kind: bytes
    begin: int
    length: int
    is_whole: bool

    @property
    def is_ancillary(self) -> bool:
        """True if a picture can be drawn without the chunk, whose first letter is small then."""
        return self.kind.isalpha() and self.kind[:1].islower()

    def read(self, file: BinaryIO) -> bytes | None:
        """Return the content; None if the checksum is wrong or missing."""
        file.seek(self.begin)
        content = file.read(self.length)
        checksum = zlib.crc32(content, zlib.crc32(self.kind))
        return content if file.read(_CHECKSUM_BYTES) == struct.pack(">I", checksum) else None


def read_png_chunks(file: BinaryIO) -> Iterator[PngChunk]:
    """Yield the chunks of a PNG file, whose contents are not read.

    The last one is the end chunk `IEND`, unless the file is cut short. Raises `ValueError` if there
    are far more chunks than any picture has.
    """
    size = file.seek(0, io.SEEK_END)
    position = len(PNG_SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        file.seek(position)
        head = file.read(_HEAD_BYTES)
        if len(head) < _HEAD_BYTES:
            return
        length, kind = _HEAD.unpack(head)
        begin = position + _HEAD_BYTES
        position = begin + length + _CHECKSUM_BYTES
        yield PngChunk(kind, begin, length, position <= size)
        if kind == b"IEND" or position > size:
            return
    raise ValueError("a PNG file with too many chunks")


def without_metadata(file: BinaryIO) -> BinaryIO:
    """Return a PNG file without the chunks that its pixels and orientation don't depend on.

    Left out are color profiles and texts of any size, which are not even inflated, frames of an
    animation, and every ancillary chunk with a wrong checksum. Nothing is copied.
    """
    kept, needed = [(0, len(PNG_SIGNATURE))], _NeededMetadata(file)
    for chunk in read_png_chunks(file):
        if chunk.is_ancillary and not needed.includes(chunk):
            continue
        begin, end = chunk.begin - _HEAD_BYTES, chunk.begin + chunk.length + _CHECKSUM_BYTES
        if kept[-1][1] == begin:
            kept[-1] = (kept[-1][0], end)
        else:
            kept.append((begin, end))
    return cast(BinaryIO, io.BufferedReader(_FileRanges(file, kept)))


class _NeededMetadata:
    """Tells the ancillary chunks that are needed, whose texts are bounded together."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._room = _MAX_ALL_NEEDED_BYTES

    def includes(self, chunk: PngChunk) -> bool:
        is_text = chunk.kind in (b"tEXt", b"zTXt", b"iTXt")
        if not (is_text or chunk.kind in (b"tRNS", b"eXIf")) or chunk.length > _MAX_NEEDED_BYTES:
            return False
        content = chunk.read(self._file)
        if content is None or not is_text:
            return content is not None
        keyword, _, rest = content.partition(b"\0")
        if keyword not in _ORIENTATION_KEYWORDS or self._room <= 0:
            return False
        is_deflated = chunk.kind == b"zTXt" or (chunk.kind == b"iTXt" and rest[:1] == b"\1")
        if not is_deflated:
            self._room -= len(rest)
            return True
        # Whatever is compressed in a text follows its flags, or its last NUL.
        return self._inflates(rest[1:] if chunk.kind == b"zTXt" else rest[2:].split(b"\0", 2)[-1])

    def _inflates(self, data: bytes) -> bool:
        decompressor = zlib.decompressobj()
        try:
            self._room -= len(decompressor.decompress(data, _MAX_NEEDED_BYTES))
        except zlib.error:  # it has been inflated up to there, which takes as long
            self._room -= _MAX_NEEDED_BYTES
            return False
        return not decompressor.unconsumed_tail


class _FileRanges(io.RawIOBase):
    """Ranges of bytes of a file, read as one file after the other."""

    def __init__(self, file: BinaryIO, ranges: list[tuple[int, int]]) -> None:
        self._file = file
        self._ranges = ranges
        self._offsets = [0, *accumulate(end - begin for begin, end in ranges)]
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._offsets[-1]}
        self._position = max(base[whence] + offset, 0)
        return self._position

    def readinto(self, buffer: Any) -> int:
        index = bisect_right(self._offsets, self._position) - 1
        if index >= len(self._ranges):
            return 0
        begin, end = self._ranges[index]
        begin += self._position - self._offsets[index]
        view = memoryview(buffer).cast("B")
        self._file.seek(begin)
        data = self._file.read(min(len(view), end - begin))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

"""The texts in the metadata of JPEG, WEBP, GIF, AVIF and HEIC files, any of which may be a card.

Every reader is bounded, takes any bytes, and returns the texts that it finds. Those of PNG files
are read in `png.py`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from itertools import islice

from refsheet_tui.characters.cards.xmp import xmp_texts
from refsheet_tui.pictures import IMAGE_DESCRIPTION, USER_COMMENT, XP_COMMENT, read_exif

_MAX_PIECES = 1 << 16
_JPEG_START_OF_SCAN, _JPEG_END = 0xDA, 0xD9
_JPEG_COMMENT, _JPEG_APPS = 0xFE, range(0xE0, 0xF0)
_JPEG_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD8)}
_JPEG_EXIF = b"Exif\0\0"
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
# It is followed by an identifier, the whole length, and the place of the piece.
_JPEG_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_JPEG_MORE_XMP_HEAD = len(_JPEG_MORE_XMP) + 32 + 4 + 4
_JPEG_LABELS = (b"chara", b"ccv3")
_NOT_FILL_BYTE, _NOT_ZERO = re.compile(rb"[^\xff]"), re.compile(rb"[^\0]")

_GIF_IMAGE, _GIF_EXTENSION, _GIF_END = b",", b"!", b";"
_GIF_COMMENT, _GIF_APPLICATION = b"\xfe", b"\xff"
_GIF_MAX_BLOCKS = 1 << 19

_TIFF_HEADER = re.compile(rb"II\*\0|MM\0\*")
_MAX_EXIF_ITEMS = 8
_MAX_EXIF_BYTES = 20 << 20


def read_texts(data: bytes, kind: str) -> tuple[list[bytes], bool]:
    """Return the texts in the metadata of a picture.

    Args:
        data: The picture file.
        kind: Its format, as `pictures.picture_format` names it.

    Returns:
        The texts in which programs put cards, and whether the file is complete.
    """
    readers = {
        "JPEG": _read_jpeg,
        "WEBP": _read_webp,
        "GIF": _read_gif,
        "AVIF": _read_boxes,
        "HEIC": _read_boxes,
    }
    reader = readers.get(kind)
    return ([], True) if reader is None else reader(data)  # BMP has no metadata


def _exif_texts(exif: bytes) -> list[bytes]:
    values = read_exif(exif)
    tags = (USER_COMMENT, IMAGE_DESCRIPTION, XP_COMMENT)
    return [value for tag in tags if isinstance(value := values.get(tag), bytes)]


def _read_jpeg(data: bytes) -> tuple[list[bytes], bool]:
    exif, xmp, comments, labeled = [], [], [], []
    more_xmp: list[tuple[int, bytes]] = []
    pixels = None
    for marker, content, end in _jpeg_segments(data):
        if marker == _JPEG_START_OF_SCAN:
            pixels = end
        elif marker == _JPEG_COMMENT:
            comments.append(content)
        elif content.startswith(_JPEG_EXIF):
            exif.append(content[len(_JPEG_EXIF) :])
        elif content.startswith(_JPEG_XMP):
            xmp.append(content[len(_JPEG_XMP) :])
        elif content.startswith(_JPEG_MORE_XMP) and len(content) >= _JPEG_MORE_XMP_HEAD:
            place = struct.unpack_from(">I", content, _JPEG_MORE_XMP_HEAD - 4)[0]
            more_xmp.append((place, content[_JPEG_MORE_XMP_HEAD:]))
        elif marker in _JPEG_APPS and content.startswith(_JPEG_LABELS):
            labeled.append(content)
    texts = _exif_texts(b"".join(exif))
    texts += xmp_texts(b"".join([*xmp, *(piece for _, piece in sorted(more_xmp))]))
    # A segment has at most 64 KiB, so that a long text is in several.
    texts += [*labeled, *comments, b"".join(comments)]
    return texts, pixels is not None and data.find(b"\xff\xd9", pixels) >= 0


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Yield the marker, content and end of each segment up to the pixels (ISO 10918-1, B.1.1)."""
    position = 2
    for _ in range(_MAX_PIECES):
        found = _NOT_FILL_BYTE.search(data, position)
        if found is None or data[position : position + 1] != b"\xff":
            return
        marker, position = data[found.start()], found.end()
        if marker in _JPEG_WITHOUT_LENGTH:
            continue
        length = int.from_bytes(data[position : position + 2], "big")
        if marker == _JPEG_END or length < 2 or position + length > len(data):
            return
        yield marker, data[position + 2 : position + length], position + length
        position += length
        if marker == _JPEG_START_OF_SCAN:
            return


def _read_webp(data: bytes) -> tuple[list[bytes], bool]:
    texts: list[bytes] = []
    xmp: list[bytes] = []
    position = 12
    for _ in range(_MAX_PIECES):
        kind, size = data[position : position + 4], data[position + 4 : position + 8]
        if len(size) < 4:
            break
        begin = position + 8
        position = begin + int.from_bytes(size, "little")
        if kind == b"EXIF":
            texts += _exif_texts(data[begin:position])
        elif kind == b"XMP ":
            xmp.append(data[begin:position])
        position += position % 2
    texts += xmp_texts(b"".join(xmp))
    return texts, 8 + int.from_bytes(data[4:8], "little") <= len(data) + 1


def _read_gif(data: bytes) -> tuple[list[bytes], bool]:
    """Read the comments of a GIF, and its XMP (GIF89a, 24 and 26).

    Zeros between the blocks are passed over, and the end may be missing or something else, as in
    files that every program shows. Only one that ends inside of a block is cut short.
    """
    texts, xmp = [], []
    has_image, is_complete = False, True
    position = 13 + _color_table_size(data[10:11])
    for _ in range(_MAX_PIECES):
        kind, begin = _next_gif_block(data, position)
        if kind == _GIF_IMAGE:
            has_image = True
            table = _color_table_size(data[begin + 8 : begin + 9])
            position = _skip_blocks(data, begin + 10 + table)
        elif kind == _GIF_EXTENSION:
            label, begin = data[begin : begin + 1], begin + 1
            position = _skip_blocks(data, begin)
            if label == _GIF_COMMENT:
                texts.append(_join_blocks(data, begin, position))
            elif label == _GIF_APPLICATION and data[begin + 1 : begin + 9] == b"XMP Data":
                xmp.append(data[begin + 12 : position])
        else:
            is_complete = kind == _GIF_END or (has_image and position <= len(data))
            break
    return [*texts, *xmp_texts(b"".join(xmp))], is_complete


def _next_gif_block(data: bytes, position: int) -> tuple[bytes, int]:
    """Return the kind of the next block, empty at the end of the file, and where it goes on."""
    found = _NOT_ZERO.search(data, position)
    return (found[0], found.end()) if found else (b"", len(data))


def _color_table_size(flags: bytes) -> int:
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _skip_blocks(data: bytes, position: int) -> int:
    """Return the position behind blocks of data, the last of which is empty."""
    for _ in range(_GIF_MAX_BLOCKS):
        if position >= len(data) or not data[position]:
            break
        position += 1 + data[position]
    return position + 1


def _join_blocks(data: bytes, begin: int, end: int) -> bytes:
    blocks = []
    while begin < min(end, len(data)) and data[begin]:
        blocks.append(data[begin + 1 : begin + 1 + data[begin]])
        begin += 1 + data[begin]
    return b"".join(blocks)


def _read_boxes(data: bytes) -> tuple[list[bytes], bool]:
    """Read EXIF and XMP of an AVIF or HEIC, wherever they are.

    They are found by how they begin, so that the lists of places in such files needn't be trusted.
    """
    texts: list[bytes] = []
    headers = _TIFF_HEADER.finditer(data)
    for header in islice(headers, _MAX_EXIF_ITEMS):
        texts += _exif_texts(data[header.start() : header.start() + _MAX_EXIF_BYTES])
        if sum(map(len, texts)) > _MAX_EXIF_BYTES:  # what begins anywhere may overlap
            break
    begin = data.find(b"<x:xmpmeta")
    if begin >= 0:
        texts += xmp_texts(data[begin : data.find(b"</x:xmpmeta", begin)])
    position = 0
    for _ in range(_MAX_PIECES):
        size = int.from_bytes(data[position : position + 4], "big")
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16], "big")
        if size < 8 or position >= len(data):
            break
        position += size
    return texts, position <= len(data)

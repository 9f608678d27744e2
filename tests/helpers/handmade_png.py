"""PNG files built byte by byte, of kinds that Pillow reads but can't write."""

from __future__ import annotations

import struct
import zlib

GREY, RGB, INDEXED, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(size: tuple[int, int], depth: int, colour: int, rows: bytes, *extras: bytes) -> bytes:
    """Return a file whose `rows` (each with its filter byte) follow the chunks `extras`."""
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    body = (chunk(b"IHDR", header), *extras, chunk(b"IDAT", zlib.compress(rows)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(body) + chunk(b"IEND", b"")


def samples(*values: int) -> bytes:
    """Return values of 16 bits as PNG stores them."""
    return struct.pack(f">{len(values)}H", *values)

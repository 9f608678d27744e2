"""The text chunks of PNG files (PNG specification, sections 5 and 11.3.4)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from refsheet_tui.characters.cards.limits import MAX_ENTRIES, too_large_error
from refsheet_tui.i18n import N_
from refsheet_tui.untrusted import MAX_JSON_BYTES

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXT, _COMPRESSED, _INTERNATIONAL = b"tEXt", b"zTXt", b"iTXt"
_END = b"IEND"
_CHUNK_HEAD = struct.Struct(">I4s")
_CHECKSUM_BYTES = 4
# A card's text is in base64, which is a third longer.
_MAX_CHUNK_BYTES = MAX_JSON_BYTES * 4 // 3 + 4


def read_text_chunks(data: bytes, keywords: tuple[bytes, ...]) -> dict[bytes, bytes]:
    """Return the texts that have one of `keywords`, wherever they stand in the file.

    If a keyword occurs more than once, the last one counts. Reading ends at a damaged chunk.
    Raises `CardError` for a text that is too large.
    """
    texts: dict[bytes, bytes] = {}
    for kind, content in _read_chunks(data):
        keyword, _, rest = content.partition(b"\0")
        if keyword not in keywords:
            continue
        if kind == _TEXT:
            text = rest
        elif kind == _COMPRESSED:
            text = _inflate(rest[1:])
        elif kind == _INTERNATIONAL:
            # Two flags, then a language and the keyword in it, then the text.
            text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
            text = _inflate(text) if rest[:1] == b"\1" else text
        else:
            continue
        if len(text) > _MAX_CHUNK_BYTES:
            raise too_large_error(N_("The text"))
        texts[keyword] = text
    return texts


def replace_text_chunks(data: bytes, texts: dict[bytes, bytes]) -> bytes:
    """Return the PNG file with `texts`, by keyword, in front of its end chunk.

    They replace the texts that have the same keywords.
    """
    parts = [SIGNATURE]
    for kind, content in _read_chunks(data):
        is_text = kind in (_TEXT, _COMPRESSED, _INTERNATIONAL)
        if kind == _END or (is_text and content.partition(b"\0")[0] in texts):
            continue
        parts.append(_build_chunk(kind, content))
    parts += [_build_chunk(_TEXT, keyword + b"\0" + text) for keyword, text in texts.items()]
    return b"".join([*parts, _build_chunk(_END, b"")])


def _read_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position, count = len(SIGNATURE), 0
    while position + _CHUNK_HEAD.size <= len(data) and count < MAX_ENTRIES:
        length, kind = _CHUNK_HEAD.unpack_from(data, position)
        begin = position + _CHUNK_HEAD.size
        if begin + length > len(data):
            return
        yield kind, data[begin : begin + length]
        if kind == _END:
            return
        position, count = begin + length + _CHECKSUM_BYTES, count + 1


def _build_chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return _CHUNK_HEAD.pack(len(content), kind) + content + struct.pack(">I", checksum)


def _inflate(data: bytes) -> bytes:
    """Return the inflated data, or nothing if it can't be inflated.

    The limit holds for the bytes that are really unpacked.
    """
    decompressor = zlib.decompressobj()
    try:
        text = decompressor.decompress(data, _MAX_CHUNK_BYTES)
    except zlib.error:
        return b""
    if decompressor.unconsumed_tail:
        raise too_large_error(N_("The text"))
    return text

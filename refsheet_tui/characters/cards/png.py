"""Text chunks of PNG files (PNG specification, sections 5 and 11.3.4)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from refsheet_tui.characters.cards.limits import ENTRIES, too_large
from refsheet_tui.i18n import N_
from refsheet_tui.untrusted import TEXT

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXT, _COMPRESSED, _INTERNATIONAL = b"tEXt", b"zTXt", b"iTXt"
_END = b"IEND"
_HEAD = struct.Struct(">I4s")
_SUM = 4
# A card's text is in base64, which is a third longer.
_MOST = TEXT * 4 // 3 + 4


def texts(data: bytes, wanted: tuple[bytes, ...]) -> dict[bytes, bytes]:
    """The texts with these keywords, wherever in the file they stand; the last of each counts.

    What follows a damaged chunk is not looked at. Raises `CardError` for one that is too large.
    """
    found: dict[bytes, bytes] = {}
    for kind, content in _chunks(data):
        keyword, _, rest = content.partition(b"\0")
        if keyword not in wanted:
            continue
        if kind == _TEXT:
            text = rest
        elif kind == _COMPRESSED:
            text = _inflated(rest[1:])
        elif kind == _INTERNATIONAL:
            # Two flags, then a language and the keyword in it, then the text.
            text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
            text = _inflated(text) if rest[:1] == b"\1" else text
        else:
            continue
        if len(text) > _MOST:
            raise too_large(N_("Its text"))
        found[keyword] = text
    return found


def with_texts(data: bytes, new: dict[bytes, bytes]) -> bytes:
    """The same picture with these texts in place of any of their names, before its end."""
    parts = [SIGNATURE]
    for kind, content in _chunks(data):
        is_text = kind in (_TEXT, _COMPRESSED, _INTERNATIONAL)
        if kind == _END or (is_text and content.partition(b"\0")[0] in new):
            continue
        parts.append(_chunk(kind, content))
    parts += [_chunk(_TEXT, keyword + b"\0" + text) for keyword, text in new.items()]
    return b"".join([*parts, _chunk(_END, b"")])


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position, count = len(SIGNATURE), 0
    while position + _HEAD.size <= len(data) and count < ENTRIES:
        length, kind = _HEAD.unpack_from(data, position)
        begin = position + _HEAD.size
        if begin + length > len(data):
            return
        yield kind, data[begin : begin + length]
        if kind == _END:
            return
        position, count = begin + length + _SUM, count + 1


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return _HEAD.pack(len(content), kind) + content + struct.pack(">I", checksum)


def _inflated(data: bytes) -> bytes:
    """Counts what comes out, whatever was announced. Empty for what can't be inflated."""
    inflating = zlib.decompressobj()
    try:
        text = inflating.decompress(data, _MOST)
    except zlib.error:
        return b""
    if inflating.unconsumed_tail:
        raise too_large(N_("Its text"))
    return text

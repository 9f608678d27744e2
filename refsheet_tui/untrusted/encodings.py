"""Bringing text files of other encodings into UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

# What Windows-1252 has in the places of Latin-1's control characters, five excepted.
WINDOWS_1252 = {
    byte: bytes([byte]).decode("cp1252")
    for byte in range(0x80, 0xA0)
    if byte not in b"\x81\x8d\x8f\x90\x9d"
}
_CHUNK_BYTES = 1 << 20
# Enough for the white space that a text may begin with.
_HEAD_BYTES = 256


def to_utf8(data: bytes) -> bytes:
    """Return a text file in UTF-8, without a byte order mark.

    Args:
        data: Text in UTF-8, UTF-16, Windows-1252 or Latin-1. That in UTF-16 begins with a byte
            order mark, or is JSON.

    Returns:
        The text in UTF-8, up to three times as long. A text in UTF-8 that is damaged in places is
        returned unchanged.
    """
    if encoding := _utf16(data):
        return _join(_decode(data, encoding, "replace")).removeprefix(codecs.BOM_UTF8)
    data = data.removeprefix(codecs.BOM_UTF8)
    if data.isascii() or _has_utf8_letters(data):
        return data
    return _join(_decode_single_bytes(chunk) for chunk in _chunks(data))


def _utf16(data: bytes) -> str | None:
    """Return the encoding of a text in UTF-16 with a byte order mark, or of a JSON text without."""
    for encoding, mark in (("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE)):
        head = data.removeprefix(mark)[:_HEAD_BYTES].decode(encoding, "replace")
        # Damage may look like a mark. Hardly any text has no letter or sign of ASCII.
        has_mark = data.startswith(mark) and any(map(str.isascii, head))
        if has_mark or head.lstrip()[:1] in ("{", "["):
            return encoding
    return None


def _has_utf8_letters(data: bytes) -> bool:
    """Return True if a text has letters beyond ASCII in UTF-8, even if other bytes are damaged."""
    return not all(text.isascii() for text in _decode(data, "utf-8", "ignore"))


def _decode_single_bytes(chunk: bytes) -> str:
    try:
        return chunk.decode("cp1252")
    except UnicodeDecodeError:  # five bytes have no meaning there
        return chunk.decode("latin-1").translate(WINDOWS_1252)


def _decode(data: bytes, encoding: str, errors: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    for chunk in _chunks(data):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _join(texts: Iterable[str]) -> bytes:
    return b"".join(text.encode("utf-8", "replace") for text in texts)


def _chunks(data: bytes) -> Iterator[bytes]:
    """Yield a text in pieces, because a text as a whole can take four times its size."""
    for begin in range(0, len(data), _CHUNK_BYTES):
        yield data[begin : begin + _CHUNK_BYTES]

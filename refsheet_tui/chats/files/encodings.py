"""Bringing text files of other encodings into UTF-8."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

_CHUNK_BYTES = 1 << 20
# A letter beyond ASCII in UTF-8.
_UTF8_LETTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)


def to_utf8(data: bytes) -> bytes:
    """Return a text file in UTF-8, without a byte order mark.

    Args:
        data: Text in UTF-8, UTF-16, Windows-1252 or Latin-1.

    Returns:
        The text in UTF-8, up to three times as long. A text in UTF-8 that is damaged in places is
        returned unchanged.
    """
    if encoding := _utf16(data):
        return b"".join(_recode(data, encoding, "replace")).removeprefix(codecs.BOM_UTF8)
    data = data.removeprefix(codecs.BOM_UTF8)
    if data.isascii() or _can_decode(data, "utf-8") or _UTF8_LETTER.search(data):
        return data
    # Five bytes have no meaning in Windows-1252.
    return b"".join(_recode(data, "cp1252" if _can_decode(data, "cp1252") else "latin-1"))


def _utf16(data: bytes) -> str | None:
    """Return the encoding of a JSON text in UTF-16; a byte order mark may stand in front of it."""
    begin = 2 if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else 0
    first = data[begin : begin + 2]
    if first in (b"{\0", b"[\0"):
        return "utf-16-le"
    return "utf-16-be" if first in (b"\0{", b"\0[") else None


def _can_decode(data: bytes, encoding: str) -> bool:
    try:
        for _chunk in _recode(data, encoding):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _recode(data: bytes, encoding: str, errors: str = "strict") -> Iterator[bytes]:
    """Yield a text in UTF-8, chunk by chunk: a text as a whole takes four times its size."""
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    for begin in range(0, len(data), _CHUNK_BYTES):
        is_last = begin + _CHUNK_BYTES >= len(data)
        text = decoder.decode(data[begin : begin + _CHUNK_BYTES], final=is_last)
        yield text.encode("utf-8", "replace")

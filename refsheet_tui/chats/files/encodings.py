"""Bringing text files of other encodings into UTF-8."""

from __future__ import annotations

import codecs
import re

# A letter beyond ASCII in UTF-8.
_UTF8_LETTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)


def to_utf8(data: bytes) -> bytes:
    """Return a text file in UTF-8, without a byte order mark.

    Args:
        data: Text in UTF-8, UTF-16, Windows-1252 or Latin-1.

    Returns:
        The text in UTF-8. A text in UTF-8 that is damaged in places is returned unchanged.
    """
    if encoding := _utf16(data):
        text = data.decode(encoding, "replace")
        return text.removeprefix("\ufeff").encode("utf-8", "replace")
    data = data.removeprefix(codecs.BOM_UTF8)
    if data.isascii() or _is_utf8(data) or _UTF8_LETTER.search(data):
        return data
    try:
        return data.decode("cp1252").encode()
    except UnicodeDecodeError:  # five bytes have no meaning there
        return data.decode("latin-1").encode()


def _utf16(data: bytes) -> str | None:
    """Return the encoding of a JSON text in UTF-16; a byte order mark may stand in front of it."""
    begin = 2 if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else 0
    first = data[begin : begin + 2]
    if first in (b"{\0", b"[\0"):
        return "utf-16-le"
    return "utf-16-be" if first in (b"\0{", b"\0[") else None


def _is_utf8(data: bytes) -> bool:
    try:
        codecs.utf_8_decode(data, "strict", True)
    except UnicodeDecodeError:
        return False
    return True

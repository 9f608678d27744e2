"""The encodings in which programs put a card's JSON into the metadata of a picture."""

from __future__ import annotations

import base64
import binascii
import re

from refsheet_tui.characters.cards.limits import MAX_ENCODED_BYTES, too_large_error
from refsheet_tui.i18n import N_
from refsheet_tui.untrusted import MAX_JSON_BYTES

# How EXIF names the encoding of a user comment (EXIF 2.32, 4.6.5).
_CHARACTER_CODES = (b"ASCII\0\0\0", b"UNICODE\0", b"JIS\0\0\0\0\0", bytes(8))
_LABEL = re.compile(rb"(?:chara|ccv3)[\0:=]")
_SPEC = re.compile(rb'"spec"\s*:\s*"chara_card')
_HEAD_BYTES = 4096
_BLANKS = b"\0 \t\r\n"
_BOM = b"\xef\xbb\xbf"
_BYTE_LIST = re.compile(rb"\[?\s*[0-9]{1,3}\s*,\s*[0-9]{1,3}\s*,")
_NUMBER = re.compile(rb"[0-9]+")
# A byte and its comma.
_MAX_BYTE_LIST = MAX_JSON_BYTES * 4
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def decode_card_text(text: bytes) -> bytes | None:
    """Return the JSON text that a text of metadata contains.

    Args:
        text: JSON itself, JSON in base64, or the bytes of JSON as decimal numbers with commas
            between them. In UTF-8 or UTF-16, with or without a label or EXIF's character code.

    Returns:
        The JSON text in UTF-8, which is not parsed yet; None if the text is something else.

    Raises:
        CardError: The text is too large.
    """
    text = _without_code(text)
    label = _LABEL.match(text)
    text = text[label.end() :].strip(_BLANKS) if label else text
    text = _without_code(text).removeprefix(_BOM).strip(_BLANKS)
    if text.startswith(b"{"):
        return text
    if _BYTE_LIST.match(text):
        return _check_json_begins(_decode_byte_list(text))
    if len(text) > MAX_ENCODED_BYTES:
        raise too_large_error(N_("The text"))
    return _check_json_begins(decode_base64(text))


def claims_card(text: bytes, json_text: bytes | None) -> bool:
    """Return True if a text of metadata says that it is a card, even if it can't be read as one.

    Args:
        text: The text, which has the label of a card or not.
        json_text: What `decode_card_text` returned for it; None if it is too large.
    """
    text = _without_code(text)
    if _LABEL.match(text):
        return True
    if json_text is None:
        json_text = decode_base64(text[:_HEAD_BYTES])
    return _SPEC.search(json_text) is not None


def decode_base64(text: bytes) -> bytes:
    """Return the bytes of a base64 text, also without padding or for URLs; else nothing."""
    text = text.translate(_URL_SAFE, b" \t\r\n\0")
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _without_code(text: bytes) -> bytes:
    """Return a text in UTF-8, without the character code of EXIF."""
    code = next(filter(text.startswith, _CHARACTER_CODES), b"")
    return _as_utf8(text[len(code) :]).strip(_BLANKS)


def _as_utf8(text: bytes) -> bytes:
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        codec = "utf-16"
    elif text[1:2] == b"\0" != text[:1]:
        codec = "utf-16-le"
    elif text[:1] == b"\0" != text[1:2]:
        codec = "utf-16-be"
    else:
        return text
    return text.decode(codec, "replace").encode("utf-8", "replace")


def _decode_byte_list(text: bytes) -> bytes:
    if len(text) > _MAX_BYTE_LIST:
        raise too_large_error(N_("The text"))
    try:
        return bytes(int(match[0]) for match in _NUMBER.finditer(text))
    except ValueError:  # a number that is no byte
        return b""


def _check_json_begins(text: bytes) -> bytes | None:
    text = _as_utf8(text).removeprefix(_BOM).strip(_BLANKS)
    return text if text.startswith(b"{") else None

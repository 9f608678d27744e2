"""The properties of an XMP packet in which programs put cards.

The packet is searched, not parsed: an XML parser would have to be kept from its entities.
"""

from __future__ import annotations

import html
import re
from itertools import islice

_NAMES = rb"(?:chara|ccv3|UserComment|CharacterCard|description)"
_ATTRIBUTE = re.compile(rb"[\w-]{1,40}:" + _NAMES + rb"""\s{0,9}=\s{0,9}(["'])""", re.IGNORECASE)
_ELEMENT = re.compile(rb"<([\w-]{1,40}:" + _NAMES + rb")(?:\s[^<>]{0,999})?>", re.IGNORECASE)
_TAG = re.compile(rb"<[^<>]{0,999}>")
_MAX_BYTES = 24 << 20
_MAX_PROPERTIES = 8


def xmp_texts(packet: bytes) -> list[bytes]:
    """Return the texts of the properties of an XMP packet that may be a card."""
    packet = packet[:_MAX_BYTES]
    texts = []
    for match in islice(_ATTRIBUTE.finditer(packet), _MAX_PROPERTIES):
        end = packet.find(match[1], match.end())
        texts.append(packet[match.end() : max(end, match.end())])
    for match in islice(_ELEMENT.finditer(packet), _MAX_PROPERTIES):
        end = packet.find(b"</" + match[1], match.end())
        texts.append(_TAG.sub(b"", packet[match.end() : max(end, match.end())]))
    return [_unescape(text) for text in texts]


def _unescape(text: bytes) -> bytes:
    if b"&" not in text:
        return text
    return html.unescape(text.decode("utf-8", "replace")).encode("utf-8", "replace")

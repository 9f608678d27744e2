"""The properties of an XMP packet in which programs put cards.

The packet is searched, not parsed: an XML parser would have to be kept from its entities.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import islice

_LABELS = (b"chara", b"ccv3")
_NAMES = rb"(chara|ccv3|UserComment|CharacterCard|description)"
_ATTRIBUTE = re.compile(rb":" + _NAMES + rb"""\s{0,9}=\s{0,9}(["'])""", re.IGNORECASE)
_ELEMENT = re.compile(rb"<([\w-]{1,40}:" + _NAMES + rb")(?:\s[^<>]{0,999})?>", re.IGNORECASE)
_TAG = re.compile(rb"<[^<>]{0,999}>")
# The largest card takes less, even with a reference for each of its quotes.
_MAX_BYTES = 8 << 20
_MAX_PROPERTIES = 8
# XML has these entities and no others, and characters by their numbers (XML 1.0, 4.1 and 4.6).
_ENTITIES = {b"quot": b'"', b"apos": b"'", b"lt": b"<", b"gt": b">", b"amp": b"&"}
_REFERENCE = re.compile(rb"&(?:(quot|apos|lt|gt|amp)|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));")


def xmp_texts(packet: bytes) -> list[bytes]:
    """Return the texts of the properties of an XMP packet that may be a card.

    The name of a property that is for cards stands in front of its text. Together the texts are not
    longer than the packet, however the properties overlap.
    """
    packet = packet[:_MAX_BYTES]
    texts, room = [], len(packet)
    for name, text in _properties(packet):
        room -= len(text)
        if room < 0:
            break
        label = name + b":" if name in _LABELS else b""
        texts.append(label + _unescape(text))
    return texts


def _properties(packet: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the names and values of the properties, as they stand in the packet."""
    for match in islice(_ATTRIBUTE.finditer(packet), _MAX_PROPERTIES):
        end = packet.find(match[2], match.end())
        yield match[1], packet[match.end() : max(end, match.end())]
    for match in islice(_ELEMENT.finditer(packet), _MAX_PROPERTIES):
        end = packet.find(b"</" + match[1], match.end())
        yield match[2], _TAG.sub(b"", packet[match.end() : max(end, match.end())])


def _unescape(text: bytes) -> bytes:
    return _REFERENCE.sub(_character, text)


def _character(reference: re.Match[bytes]) -> bytes:
    name, decimal, hexadecimal = reference.groups()
    if name is not None:
        return _ENTITIES[name]
    number = int(decimal) if decimal is not None else int(hexadecimal, 16)
    return chr(number).encode("utf-8", "replace") if number <= sys.maxunicode else reference[0]

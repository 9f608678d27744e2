"""Repairing text in UTF-8 that some program has read as Latin-1 or Windows-1252.

“é” becomes “Ã©” by this, and a curly quote three characters. The way back is unambiguous if every
character that isn't ASCII belongs to a sequence of UTF-8, and one of these sequences can't be
ordinary text.
"""

from __future__ import annotations

import re
from typing import Any

# Windows-1252 has these characters where Latin-1 has control characters.
_WINDOWS_1252 = {
    ord(bytes([byte]).decode("cp1252")): byte
    for byte in range(0x80, 0xA0)
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_SEQUENCES = re.compile("[\u00c2-\u00df][\u0080-\u00bf]|[\u00e0-\u00f4][\u0080-\u00bf]{2,3}")
# What can follow an accented letter in ordinary text, such as “CAFÉ…” and “MANHÃ”.
_AFTER_WORDS = frozenset(
    b"\x85\x91\x92\x93\x94\x95\x96\x97\x99\x9b\xa0\xab\xad\xae\xb0\xb7\xbb\xbf"
)
# First bytes of two that stand for Latin, Greek, Cyrillic and Arabic letters.
_USUAL_FIRST_BYTES = frozenset(b"\xc3\xc4\xc5\xce\xcf\xd0\xd1\xd8\xd9\xda\xdb")
# The first byte of Hebrew letters is a multiplication sign, which ordinary text has as well.
_HEBREW, _MIN_HEBREW = "\u00d7", 3
# Some texts were read wrongly more than once.
_MAX_ROUNDS = 3


def repair_mojibake(text: str) -> str:
    """Return `text` as it was before it was read in the wrong encoding.

    Args:
        text: Any text.

    Returns:
        The repaired text, or `text` itself if it is not certain that it is damaged, or if only a
        part of it could be repaired.
    """
    for _ in range(_MAX_ROUNDS):
        repaired_text = _repair_once(text)
        if repaired_text is None:
            break
        text = repaired_text
    return text


def repair_texts(value: Any) -> Any:
    """Return a JSON value in which all texts are repaired, the keys of objects excepted."""
    if isinstance(value, str):
        return repair_mojibake(value)
    if isinstance(value, list):
        return [repair_texts(item) for item in value]
    if isinstance(value, dict):
        return {key: repair_texts(item) for key, item in value.items()}
    return value


def _repair_once(text: str) -> str | None:
    if text.isascii():
        return None
    try:
        data = text.translate(_WINDOWS_1252).encode("latin-1")
        repaired_text = data.decode()
    except UnicodeError:
        return None
    sequences = _SEQUENCES.findall(data.decode("latin-1"))
    is_hebrew = sum(each.startswith(_HEBREW) for each in sequences) >= _MIN_HEBREW
    return repaired_text if is_hebrew or any(map(_is_certain, sequences)) else None


def _is_certain(sequence: str) -> bool:
    """Return True if a sequence of UTF-8, read as Latin-1, can't be ordinary text."""
    first, *others = sequence.encode("latin-1")
    if first == 0xC2:  # no word ends with this letter, and below 0xA0 are control characters
        return others[0] >= 0xA0
    can_follow_word = all(byte in _AFTER_WORDS for byte in others)
    return not can_follow_word and (len(others) > 1 or first in _USUAL_FIRST_BYTES)

"""Repairing text that some program has read in the wrong encoding.

Text in Windows-1252 that was read as Latin-1 has control characters where its quotes were, which no
text has, so that each of them tells what it was. Most other texts were in UTF-8:

“é” becomes “Ã©” by this, and a curly quote three characters. The way back is unambiguous if every
character that isn't ASCII belongs to a sequence of UTF-8, and one of these sequences can't be
ordinary text.
"""

from __future__ import annotations

import re
from typing import Any

from refsheet_tui.untrusted import WINDOWS_1252

_BYTES_OF_WINDOWS = {ord(character): byte for byte, character in WINDOWS_1252.items()}
_SEQUENCES = re.compile("[\u00c2-\u00df][\u0080-\u00bf]|[\u00e0-\u00f4][\u0080-\u00bf]{2,3}")
# What can follow an accented letter in ordinary text, such as “CAFÉ…” and “MANHÃ”.
_AFTER_WORDS = frozenset(
    b"\x85\x91\x92\x93\x94\x95\x96\x97\x99\x9b\xa0\xab\xad\xae\xb0\xb7\xbb\xbf"
)
# First bytes of two that stand for Latin, Greek and Cyrillic letters.
_USUAL_FIRST_BYTES = frozenset(b"\xc3\xc4\xc5\xce\xcf\xd0\xd1")
# Those of Hebrew and Arabic letters are “×ØÙÚÛ”, of which ordinary text has some before “½”.
_SEMITIC, _MIN_SEMITIC = tuple("\u00d7\u00d8\u00d9\u00da\u00db"), 3
_CONTROLS = re.compile("[\x80-\x9f]")
# A closing quote ends with a byte that Windows-1252 doesn't have, so that many programs lose it.
_CUT_QUOTE = re.compile(
    "\u00e2\u20ac(?:\ufffd|(?![\u0080-\u00bf" + "".join(WINDOWS_1252.values()) + "]))"
)
_WHOLE_QUOTE = "\u00e2\u20ac\x9d"
# Some texts were read wrongly more than once.
_MAX_ROUNDS = 3


def repair_mojibake(text: str) -> str:
    """Return `text` as it was before it was read in the wrong encoding.

    Args:
        text: Any text.

    Returns:
        The repaired text, or `text` itself if it is not certain that it is damaged. If only a part
        of its UTF-8 could be repaired, that stays as it is.
    """
    for _ in range(_MAX_ROUNDS):
        repaired_text = _repair_once(text)
        if repaired_text is None:
            break
        text = repaired_text
    return text.translate(WINDOWS_1252) if _CONTROLS.search(text) else text


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
    text = _CUT_QUOTE.sub(_WHOLE_QUOTE, text)
    try:
        data = text.translate(_BYTES_OF_WINDOWS).encode("latin-1")
        repaired_text = data.decode()
    except UnicodeError:
        return None
    has_controls, semitic_letters = _CONTROLS.search(text) is not None, 0
    for sequence in _SEQUENCES.finditer(data.decode("latin-1")):
        semitic_letters += sequence[0].startswith(_SEMITIC)
        if semitic_letters >= _MIN_SEMITIC or _is_certain(sequence[0], has_controls):
            return repaired_text
    return None


def _is_certain(sequence: str, has_controls: bool) -> bool:
    """Return True if a sequence of UTF-8, read as Latin-1, can't be ordinary text.

    `has_controls` says whether the text has control characters, which ordinary text hasn't.
    """
    first, *others = sequence.encode("latin-1")
    if first == 0xC2:  # no word ends with this letter
        return has_controls or others[0] >= 0xA0
    can_follow_word = all(byte in _AFTER_WORDS for byte in others)
    return not can_follow_word and (len(others) > 1 or first in _USUAL_FIRST_BYTES)

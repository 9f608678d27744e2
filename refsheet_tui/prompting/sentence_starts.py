"""Telling where a sentence begins in a text with macros, for the words that begin it."""

from __future__ import annotations

import re
from collections.abc import Sequence

# In characters: how far back the beginning of a sentence may be.
_LOOK_BACK = 40
# The control characters are what removed macros leave for the time being.
_SENTENCE_START = re.compile(
    "(?:^|[.!?\u2026]['\"\u201d\u2019*_)]*\\s+|\n)[\\s\x02\x03*_\"\u201c\u2018'(>-]*$"
)
# What precedes the first option of a choice.
_CHOICE = re.compile(r"\s*(?:random|pick)\s*(::?)?", re.IGNORECASE)
_BEFORE_WORDS = " \t\r\n\x02\x03*_\"\u201c\u2018'(>-"


def begins_sentence(pieces: Sequence[str]) -> bool:
    """Return True if a sentence begins behind a text in pieces."""
    return _SENTENCE_START.search(_tail(pieces)) is not None


def begins_option(pieces: Sequence[str]) -> bool:
    """Return True if an option of a choice begins behind the beginning of a macro in pieces."""
    choice = _CHOICE.match(pieces[0]) if pieces else None
    if choice is None:
        return False
    before = _tail(pieces).rstrip(_BEFORE_WORDS)
    if before.endswith("::") or _CHOICE.fullmatch(before):
        return True
    return choice[1] == ":" and before.endswith(",") and not before.endswith("\\,")


def _tail(pieces: Sequence[str]) -> str:
    """Return the last characters of a text in pieces."""
    tail = ""
    for piece in reversed(pieces):
        tail = piece[-_LOOK_BACK:] + tail
        if len(tail) >= _LOOK_BACK:
            break
    return tail

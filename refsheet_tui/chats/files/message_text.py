"""The texts of other programs' messages: readable on the screen, and kept as they came in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from refsheet_tui.characters import repair_mojibake
from refsheet_tui.chats.files.message_content import read_content
from refsheet_tui.untrusted import clean_text

# An extra value of a message: its text as it came in, if that is not the text which is shown.
ORIGINAL_KEY = "original"
# The first two bytes of a sequence of UTF-8, read as Latin-1 or Windows-1252, or a control.
_SUSPICIOUS = re.compile("[\x80-\x9f]|[\u00c2-\u00f4][^\x00-\x7f]")


def readable_text(text: str) -> str:
    """Return a text of a file as it is shown and told.

    Args:
        text: The text as it came in.

    Returns:
        The text without control characters, and repaired if it was read in a wrong encoding.
    """
    if text.isascii():
        return clean_text(text)
    if _SUSPICIOUS.search(text):
        text = repair_mojibake(text)
    return clean_text(text)


def text_of(value: object) -> str:
    """Return the text of a message as it is shown, whatever the form is in which it came in."""
    return readable_text(value if isinstance(value, str) else read_content(value).text)


def original_values(original: object, text: str, key: str = ORIGINAL_KEY) -> dict[str, Any]:
    """Return the extra values that keep a text as it came in; none if it is shown unchanged."""
    return {} if original == text else {key: original}


def original_of(extra: Mapping[str, Any], text: str, key: str = ORIGINAL_KEY) -> object:
    """Return a message's text as it came in, or `text` if it has been changed since.

    Args:
        extra: The extra values of the message.
        text: Its text.
        key: The key under which the text is kept.
    """
    original = extra.get(key, text)
    return original if text_of(original).strip() == text.strip() else text

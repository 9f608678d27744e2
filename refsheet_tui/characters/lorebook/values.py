"""Values of a card, which may have any type: programs write numbers and booleans as text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from refsheet_tui.characters.lorebook.matching import PATTERN
from refsheet_tui.untrusted import clean_text

_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0", ""})
_MAX_NUMBER = 1e9
# A list of keys in one text. A pattern or a macro may contain commas, so it is matched as a whole.
_SHORT, _WORD = 4, re.compile("[A-Za-z]+")  # letters of a key that stands in other words
_LISTED_KEY = re.compile(
    rf"\s*({PATTERN}(?=\s*(?:[,，、;；\r\n]|$))|(?:\{{\{{[^{{}}]*\}}\}}|[^,，、;；\r\n])+)"
)
# The comma of a number such as 1,000.
_DIGITS_COMMA = re.compile(r"\d,\d")


def first_value(names: Iterable[str], *sources: Mapping[str, Any]) -> object:
    """Return the first value that is not None under one of `names` in `sources`."""
    names = tuple(names)
    return next(
        (
            source[name]
            for source in sources
            for name in names
            if name in source and source[name] is not None
        ),
        None,
    )


def as_flag(value: object, default: bool) -> bool:
    """Return a boolean, which may be written as a number or a text."""
    if isinstance(value, str):
        word = value.strip().casefold()
        return True if word in _TRUE else False if word in _FALSE else default
    if isinstance(value, bool | int | float):
        return bool(value)
    return default


def as_number(value: object) -> float | None:
    """Return a number, which may be written as a text; None if the value is not a number.

    True and false are not numbers.
    """
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and abs(value) < _MAX_NUMBER else None


def as_count(value: object, maximum: int) -> int | None:
    """Return a whole number of at least 0 and at most `maximum`; None for any other value."""
    number = as_number(value)
    return int(min(number, maximum)) if number is not None and number >= 0 else None


def as_text(value: object) -> str:
    """Return a text without control characters and without space around it.

    A list of texts has a line in each.
    """
    if isinstance(value, list):
        value = "\n".join(line for line in value if isinstance(line, str))
    return clean_text(value).strip() if isinstance(value, str) else ""


def as_keys(value: object) -> tuple[str, ...]:
    """Return the keys of a list, or of a text with commas, semicolons or line breaks between them.

    An item of a list may be such a text, too.
    """
    if isinstance(value, str):
        texts = _split_keys(value)
    else:
        items = value if isinstance(value, list) else ()
        texts = [
            text
            for item in items
            if isinstance(item, str | int) and not isinstance(item, bool)
            for text in _keys_in_item(str(item))
        ]
    return tuple(dict.fromkeys(filter(None, map(as_text, texts))))


def _split_keys(text: str) -> list[str]:
    return [match[1] for match in _LISTED_KEY.finditer(text)]


def _keys_in_item(item: str) -> list[str]:
    """Return the keys in one item of a list; numbers and emoticons such as `;)` are one key."""
    keys = _split_keys(item)
    are_words = keys and all(any(map(str.isalnum, key)) for key in keys)
    if len(keys) < 2 or not are_words or _DIGITS_COMMA.search(item):
        return [item]
    return [_whole_word(key) if len(key) < _SHORT and _WORD.fullmatch(key) else key for key in keys]


def _whole_word(key: str) -> str:
    """Return a pattern for a short part of an item, such as `NY`, which stands in other words."""
    return rf"/\b{key}\b/i"

"""Finding the lorebook of a card, wherever its program has put it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from refsheet_tui.characters.lorebook.values import as_text, first_value
from refsheet_tui.characters.single_braces import double_braces

# How programs call what may be a lorebook. The words of `explore` and `colored` aren't among them.
_BOOK_NAME = re.compile(
    "(?:(?<![A-Za-z])l|L)ore|LORE|[Ww]orld[_ ]?[Ii]nfo|(?:[Cc]haracter|[Mm]emory)[_ ]?[Bb]ook"
)
_MAX_KEY = 100  # characters
_LINK_KEY = "world"
# The names of an entry's text, the specification's first.
CONTENT_NAMES = ("content", "text", "entry", "value")
# A list of entries whose names are in single braces.
_LORE_ITEMS = "loreItems"
# Where cards have their lorebook. `world` is usually only the name of one.
_BOOK_KEYS = (
    "character_book",
    "lorebook",
    "world_info",
    "worldInfo",
    "worldinfo",
    "world",
    "globalLore",
    _LORE_ITEMS,
)
# Where the program that writes `globalLore` has what counts for all entries.
_SETTINGS_KEY = "loreSettings"


def find_book(card: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the lorebook of a card's data as it stands there; None if the card has none.

    A list of entries counts as a lorebook, too.
    """
    return next((book for _, book in _books(card)), None)


def unread_book_keys(card: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys of a card's data that hold further lorebooks, or some in an unknown form.

    A copy of the lorebook that is read doesn't count.
    """
    books = [(key, {*map(content_in_card, raw_entries(book))}) for key, book in _books(card)]
    read_contents = books[0][1] if books else set[str]()
    other_keys = [key for key, contents in books[1:] if not contents <= read_contents]
    known_keys = {key for key, _ in books}
    unknown_keys = (
        key
        for place in _places(card)
        for key, value in place.items()
        if key not in known_keys and _may_be_book(key, value)
    )
    return tuple(dict.fromkeys((*other_keys, *unknown_keys)))


def linked_book_name(card: Mapping[str, Any]) -> str:
    """Return the name of a lorebook that a card names instead of having one; mostly empty."""
    names = (place.get(_LINK_KEY) for place in _places(card))
    name = next((name for name in names if isinstance(name, str) and name.strip()), "")
    return "" if find_book(card) else name.strip()


def _books(card: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the lorebooks of a card in forms that are read, the first one first, and their keys."""
    for source in _places(card):
        for key in _BOOK_KEYS:
            book = source.get(key)
            if key == _LORE_ITEMS and isinstance(book, list):
                book = [_with_double_braces(each) for each in book if isinstance(each, dict)]
            if isinstance(book, list) and any(isinstance(each, dict) for each in book):
                settings = source.get(_SETTINGS_KEY)
                yield key, {**(settings if isinstance(settings, dict) else {}), "entries": book}
            elif isinstance(book, dict) and raw_entries(book):
                yield key, book


def _places(card: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    extensions = card.get("extensions")
    return (card, extensions) if isinstance(extensions, dict) else (card,)


def _may_be_book(key: str, value: object) -> bool:
    """Return True for a value under such a name that holds texts or objects."""
    if not _BOOK_NAME.search(key[:_MAX_KEY]) and key != _LINK_KEY:
        return False
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(each, dict | list) and bool(each) for each in items) or (
        isinstance(value, list) and any(isinstance(each, str) and each.strip() for each in value)
    )


def raw_entries(book: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the entries of a lorebook as they stand in the card."""
    entries = book.get("entries")
    values: Iterable[object] = ()
    if isinstance(entries, dict):
        values = entries.values()
    elif isinstance(entries, list):
        values = entries
    return [each for each in values if isinstance(each, dict)]


def other_items(book: Mapping[str, Any]) -> list[object]:
    """Return the items among the entries of a lorebook that say something but are no objects."""
    entries = book.get("entries")
    items = entries.values() if isinstance(entries, dict) else entries
    values = items if isinstance(items, Iterable) and not isinstance(items, str) else ()
    return [each for each in values if each and not isinstance(each, dict)]


def content_in_card(raw: Mapping[str, Any]) -> str:
    """Return the text of an entry of a card, with its decorators."""
    return as_text(first_value(CONTENT_NAMES, raw))


def _with_double_braces(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: double_braces(value) if isinstance(value, str) else value
        for key, value in entry.items()
    }

"""Finding the lorebook of a card, wherever its program has put it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from refsheet_tui.characters.single_braces import double_braces

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
    extensions = card.get("extensions")
    for source in (card, extensions if isinstance(extensions, dict) else {}):
        for key in _BOOK_KEYS:
            book = source.get(key)
            if key == _LORE_ITEMS and isinstance(book, list):
                book = [_with_double_braces(each) for each in book if isinstance(each, dict)]
            if isinstance(book, list) and any(isinstance(each, dict) for each in book):
                settings = source.get(_SETTINGS_KEY)
                return {**(settings if isinstance(settings, dict) else {}), "entries": book}
            if isinstance(book, dict) and raw_entries(book):
                return book
    return None


def raw_entries(book: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the entries of a lorebook as they stand in the card."""
    entries = book.get("entries")
    values: Iterable[object] = ()
    if isinstance(entries, dict):
        values = entries.values()
    elif isinstance(entries, list):
        values = entries
    return [each for each in values if isinstance(each, dict)]


def _with_double_braces(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: double_braces(value) if isinstance(value, str) else value
        for key, value in entry.items()
    }

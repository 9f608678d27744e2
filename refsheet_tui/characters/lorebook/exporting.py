"""The lorebook of an exported card: what came in, in the shape that other programs require."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refsheet_tui.characters.lorebook.books import (
    content_in_card,
    find_book,
    other_items,
    raw_entries,
)
from refsheet_tui.characters.lorebook.reading import (
    entry_from_card,
    is_constant_in_card,
    keys_in_card,
    secondary_keys_in_card,
)
from refsheet_tui.characters.lorebook.values import as_number

# Where the items are kept that are no entries.
_OTHER_ITEMS_KEY = "refsheet_other_entries"


def with_complete_lorebook(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a card with a lorebook as version 3 of the format requires it.

    Its entries are a list, and each has all required values under their names. What came in stays
    next to them, except values of a wrong type, such as a text in place of true or false.

    Args:
        card: The data of the card.

    Returns:
        A copy of the data.
    """
    book = find_book(card) or card.get("character_book")
    if not isinstance(book, dict):
        return dict(card)
    entries = [_complete_entry(each, book) for each in raw_entries(book)]
    extensions = book.get("extensions")
    extensions = extensions if isinstance(extensions, dict) else {}
    if items := other_items(book):
        extensions = {**extensions, _OTHER_ITEMS_KEY: items}
    return {
        **card,
        "character_book": {
            **book,
            "extensions": extensions,
            "entries": entries,
        },
    }


def _complete_entry(raw: Mapping[str, Any], book: Mapping[str, Any]) -> dict[str, Any]:
    entry = entry_from_card(raw, book)
    required: dict[str, Any] = {
        "keys": list(keys_in_card(raw)),
        "content": content_in_card(raw),
        "extensions": {},
        "enabled": entry.is_enabled,
        "insertion_order": int(entry.order) if entry.order.is_integer() else entry.order,
        "use_regex": False,
    }
    if secondary_keys := secondary_keys_in_card(raw):
        required |= {"secondary_keys": list(secondary_keys), "selective": True}
    if is_constant_in_card(raw):
        required["constant"] = True
    # Entries are enabled by the one value of the two that programs have in common.
    kept = {key: raw[key] for key in required if key != "enabled" and _is_valid(key, raw.get(key))}
    return {**raw, **required, **kept}


def _is_valid(key: str, value: object) -> bool:
    """Return True if a value of a card has the type that the format requires."""
    if key in ("keys", "secondary_keys"):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if key == "insertion_order":
        return isinstance(value, int | float) and as_number(value) is not None
    types = {"content": str, "extensions": dict}
    return isinstance(value, types.get(key, bool))

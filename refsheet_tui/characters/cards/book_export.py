"""Completing a lorebook for export: each entry gets the keys that version 3 requires."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refsheet_tui.characters.card_values import texts_from

_OTHER_NAMES = {"keys": "key", "secondary_keys": "keysecondary"}
_FALSE_TEXTS = ("false", "0", "no", "off", "")


def complete_book(book: Mapping[str, Any]) -> dict[str, Any]:
    """Return a lorebook with everything that the format requires.

    What is there stays. Entries in an object become a list, in which the keys are their `id`, and
    keywords in one text become a list.
    """
    entries = book.get("entries")
    if isinstance(entries, dict):
        entries = [_with_id(name, entry) for name, entry in entries.items()]
    return {
        **book,
        "extensions": _object(book.get("extensions")),
        "entries": [
            _complete_entry(entry, position) if isinstance(entry, dict) else entry
            for position, entry in enumerate(entries if isinstance(entries, list) else [])
        ],
    }


def _complete_entry(entry: Mapping[str, Any], position: int) -> dict[str, Any]:
    complete = dict(entry)
    for key, other_name in _OTHER_NAMES.items():
        if key == "keys" or key in entry or other_name in entry:
            complete[key] = _keys(entry.get(key), entry.get(other_name))
    if not isinstance(complete.get("enabled"), bool):
        complete["enabled"] = _is_enabled(entry)
    if not _is_number(complete.get("insertion_order")):
        order = entry.get("order")
        complete["insertion_order"] = order if _is_number(order) else position
    content = entry.get("content")
    complete["content"] = content if isinstance(content, str) else "\n".join(texts_from(content))
    complete["extensions"] = _object(entry.get("extensions"))
    if not isinstance(complete.get("use_regex"), bool):
        complete["use_regex"] = False
    return complete


def _with_id(name: str, entry: object) -> object:
    if not isinstance(entry, dict):
        return entry
    return {"id": int(name) if name.isascii() and name.isdigit() else name, **entry}


def _keys(keys: object, other_keys: object) -> list[Any]:
    if isinstance(keys, list) and (keys or not other_keys):
        return keys
    value = keys or other_keys
    if isinstance(value, str):
        return [key.strip() for key in value.split(",") if key.strip()]
    return [*texts_from(value)]


def _is_enabled(entry: Mapping[str, Any]) -> bool:
    if "enabled" in entry:
        return _truth(entry["enabled"])
    return not _truth(entry.get("disable", False))


def _truth(value: object) -> bool:
    return value.strip().lower() not in _FALSE_TEXTS if isinstance(value, str) else bool(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

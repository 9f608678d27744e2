"""The first items of a list in a card, which may have any number of them and several forms."""

from __future__ import annotations

import re
from itertools import islice

from refsheet_tui.errors import UntrustedFileError
from refsheet_tui.untrusted import parse_json

_MAX_ITEMS = 1000
_TAG_SEPARATORS = re.compile(r"[,，、;；\n]")


def first_items(value: object) -> tuple[object, int]:
    """Return the part of a value that is read, and how many items are beyond it.

    Args:
        value: A list, an object with an item for each key, or a list as JSON text. Any other value
            is one item.
    """
    items = _parse_list(value) if isinstance(value, str) else value
    if isinstance(items, list) and len(items) > _MAX_ITEMS:
        return items[:_MAX_ITEMS], len(items) - _MAX_ITEMS
    if isinstance(items, dict) and len(items) > _MAX_ITEMS:
        return dict(islice(items.items(), _MAX_ITEMS)), len(items) - _MAX_ITEMS
    return value, 0


def first_tags(value: object) -> tuple[object, int]:
    """Return the same for tags, which may also be one text with separators."""
    part, unread_count = first_items(value)
    if unread_count or not isinstance(value, str):
        return part, unread_count
    tags = [*filter(None, map(str.strip, _TAG_SEPARATORS.split(value)))]
    if len(tags) <= _MAX_ITEMS or _parse_list(value) is not None:
        return value, 0
    return tags[:_MAX_ITEMS], len(tags) - _MAX_ITEMS


def _parse_list(text: str) -> object:
    if not text.lstrip().startswith("["):
        return None
    try:
        return parse_json(text.encode(errors="replace"))
    except UntrustedFileError:
        return None

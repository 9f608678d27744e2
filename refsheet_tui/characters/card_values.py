"""Texts and lists of texts in a card, in every type in which programs write them."""

from __future__ import annotations

import re

from refsheet_tui.characters.mojibake import repair_mojibake
from refsheet_tui.errors import UntrustedFileError
from refsheet_tui.untrusted import clean_text, one_line, parse_json

# The keys of an object that hold its text, the likeliest first, and those that hold that of an item
# of a list, such as a tag.
_TEXT_KEYS = ("content", "text", "message", "mes", "greeting", "first_mes", "value")
_ITEM_KEYS = (*_TEXT_KEYS, "name", "label", "title", "tag", "description")
_TAG_SEPARATORS = re.compile(r"[,，、;；\n]")


def says_nothing(value: object) -> bool:
    """Return True for an empty text, list or object, and for null."""
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {})


def text_from(value: object) -> str:
    """Return the text of a value: repaired, and clean of control characters.

    Numbers become texts, and a list one line for each of its items. An object becomes the text
    under a usual key, or else a line for each of its keys. Truth values and null are empty.
    """
    if isinstance(value, str):
        return clean_text(repair_mojibake(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list):
        return "\n".join(filter(None, map(text_from, value)))
    return _text_from_object(value) if isinstance(value, dict) else ""


def line_from(value: object) -> str:
    """Return the text of a value in one line."""
    return one_line(text_from(value))


def texts_from(value: object) -> tuple[str, ...]:
    """Return the texts of a list, of an object with a text for each key, or of a JSON text.

    Any other text is one text.
    """
    if isinstance(value, str):
        parsed = _parse_list(value)
        value = [value] if parsed is None else parsed
    elif isinstance(value, dict):
        value = [value] if any(key in value for key in _ITEM_KEYS) else [*value.values()]
    items = value if isinstance(value, list) else [value]
    return tuple(filter(str.strip, map(_text_of_item, items)))


def name_from(value: object) -> str:
    """Return the text of a name in one line; that of an object is in its parts."""
    parts = texts_from(value) if isinstance(value, dict) else (text_from(value),)
    return one_line(" ".join(parts)).strip()


def tags_from(value: object) -> tuple[str, ...]:
    """Return the tags of a list, of a text with separators, or of an object with tags as keys."""
    if isinstance(value, str):
        parsed = _parse_list(value)
        if parsed is None:
            parsed = [tag.strip() for tag in _TAG_SEPARATORS.split(value)]
        value = parsed
    elif isinstance(value, dict) and True in [item is True for item in value.values()]:
        value = [key for key, item in value.items() if item is True]
    return tuple(map(one_line, texts_from(value)))


def _text_of_item(value: object) -> str:
    """Return the text of an item of a list, which may be named as well."""
    texts = (text_from(value.get(key)) for key in _ITEM_KEYS) if isinstance(value, dict) else ()
    return next(filter(str.strip, texts), "") or text_from(value)


def _text_from_object(value: dict[str, object]) -> str:
    """Return the text in an object: under a usual key, or one line for each attribute."""
    attributes = value.get("attributes")
    if not isinstance(attributes, dict):
        texts = (text_from(value.get(key)) for key in _TEXT_KEYS)
        text = next(filter(str.strip, texts), "")
        if text:
            return text
        attributes = value
    return "\n".join(filter(None, (_attribute(key, each) for key, each in attributes.items())))


def _attribute(key: str, value: object) -> str:
    text = ", ".join(texts_from(value)) if isinstance(value, list) else text_from(value)
    if not text.strip() or key == "text":
        return text.strip() and text
    return f"{clean_text(str(key))}:" + ("\n" if "\n" in text else " ") + text


def _parse_list(text: str) -> list[object] | None:
    if not text.lstrip().startswith("["):
        return None
    try:
        value = parse_json(text.encode(errors="replace"))
    except UntrustedFileError:
        return None
    return value if isinstance(value, list) else None

"""How much a card may hold: far above what cards have, far below what would hurt."""

from __future__ import annotations

import json
from typing import Any

from refsheet_tui.errors import CardError

FILE = 64 << 20
TEXT = 4 << 20
DEPTH = 64
ENTRIES = 4096

AGAIN = "Ask whoever made it for another copy, or make the character by hand."


def too_large(what: str) -> CardError:
    return CardError(f"{what} is too large for a card.", AGAIN)


def parse_json(text: bytes) -> object:
    """JSON of a bounded size and depth. Raises `CardError`."""
    if len(text) > TEXT:
        raise too_large("Its text")
    if _depth(text) > DEPTH:
        raise CardError("Its text is nested too deeply for a card.", AGAIN)
    try:
        return json.loads(text.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise CardError("Its text is damaged: it is no JSON.", AGAIN) from error


def as_object(value: object) -> dict[str, Any]:
    """Raises `CardError`."""
    if not isinstance(value, dict):
        raise CardError("Its text is JSON, but no card.", AGAIN)
    return value


def _depth(text: bytes) -> int:
    """How deep brackets are nested, strings aside: Python's parser would recurse as deep."""
    deepest = depth = 0
    in_string = escaped = False
    for byte in text:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:  # backslash
                escaped = True
            elif byte == 0x22:  # quote
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > DEPTH:
                return deepest
        elif byte in b"]}":
            depth -= 1
    return deepest


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number in JSON")

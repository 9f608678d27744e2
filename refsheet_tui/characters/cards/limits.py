"""How much a card may hold: far above what cards have, far below what would hurt."""

from __future__ import annotations

from typing import Any

from refsheet_tui.errors import CardError

FILE = 64 << 20
ENTRIES = 4096

AGAIN = "Ask whoever made it for another copy, or make the character by hand."


def too_large(what: str) -> CardError:
    return CardError(f"{what} is too large for a card.", AGAIN)


def as_object(value: object) -> dict[str, Any]:
    """Raises `CardError`."""
    if not isinstance(value, dict):
        raise CardError("Its text is JSON, but no card.", AGAIN)
    return value

"""Tavern cards: the format in which character programs exchange characters.

A card is untrusted input: every reader here checks sizes and types.
"""

from refsheet_tui.characters.cards.export import card_from_profile
from refsheet_tui.characters.cards.importing import import_card
from refsheet_tui.characters.cards.mapping import (
    PROFILE_KEYS,
    is_newer_version,
    profile_from_card,
)
from refsheet_tui.characters.cards.reading import CardFile, read_card
from refsheet_tui.characters.cards.writing import json_card, png_card, write_card

__all__ = [
    "PROFILE_KEYS",
    "CardFile",
    "card_from_profile",
    "import_card",
    "is_newer_version",
    "json_card",
    "png_card",
    "profile_from_card",
    "read_card",
    "write_card",
]

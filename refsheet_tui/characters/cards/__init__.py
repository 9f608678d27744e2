"""Tavern cards: the form in which character programs exchange characters. Hostile until shown
otherwise."""

from refsheet_tui.characters.cards.importing import import_card
from refsheet_tui.characters.cards.mapping import card_of, is_newer, profile_of
from refsheet_tui.characters.cards.reading import CardFile, read_card
from refsheet_tui.characters.cards.writing import json_card, png_card, write_card

__all__ = [
    "CardFile",
    "card_of",
    "import_card",
    "is_newer",
    "json_card",
    "png_card",
    "profile_of",
    "read_card",
    "write_card",
]

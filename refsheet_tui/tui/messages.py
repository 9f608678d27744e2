"""What widgets and screens tell each other."""

from __future__ import annotations

from textual.message import Message

from refsheet_tui.characters import Character


class ChatWanted(Message):
    """The person wants to talk with this character."""

    def __init__(self, character: Character) -> None:
        super().__init__()
        self.character = character

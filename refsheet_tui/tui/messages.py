"""What widgets and screens tell each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from refsheet_tui.characters import Character
from refsheet_tui.characters.library import KeptCharacter
from refsheet_tui.config import Value
from refsheet_tui.prompting import Language

if TYPE_CHECKING:
    from refsheet_tui.tui.models.downloads import Ended


class ChatWanted(Message):
    """The person wants to talk with this character: in the chat that was used last, or in a new
    one."""

    def __init__(self, character: Character | KeptCharacter | None, *, new: bool = False) -> None:
        """One that is not kept yet will be; None: a plain assistant."""
        super().__init__()
        self.character = character
        self.new = new


class ChatChosen(Message):
    """The person wants to go on with this chat, or to see a message of it."""

    def __init__(self, chat: int, message: int | None = None) -> None:
        super().__init__()
        self.chat = chat
        self.message = message


class SheetChosen(Message):
    """A character with this sheet will be talked with, in this language, once the person has said
    who it is: it can be looked at meanwhile."""

    def __init__(self, sheet: Path, language: Language) -> None:
        super().__init__()
        self.sheet = sheet
        self.language = language


class SettingsWanted(Message):
    """The person wants these settings, named as in `change_config`, from now on."""

    def __init__(self, changes: Mapping[str, Value]) -> None:
        super().__init__()
        self.changes = changes


class ModelArrived(Message):
    """A download has ended, one way or another."""

    def __init__(self, ended: Ended) -> None:
        super().__init__()
        self.ended = ended

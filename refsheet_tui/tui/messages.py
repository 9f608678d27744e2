"""The messages between widgets, screens and the app."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from refsheet_tui.characters import Character, Profile, SavedCharacter
from refsheet_tui.config import SettingValue
from refsheet_tui.prompting import Language

if TYPE_CHECKING:
    from refsheet_tui.tui.models.downloads import DownloadResult


class OpenCharacterChat(Message):
    """The user wants to chat with a character, in the latest chat or in a new one."""

    def __init__(self, character: Character | SavedCharacter | None, *, new: bool = False) -> None:
        """Ask for a chat with `character`, which is saved first; None means the assistant."""
        super().__init__()
        self.character = character
        self.new = new


class OpenChat(Message):
    """The user wants to continue a chat, or to see a message of it."""

    def __init__(self, chat: int, message: int | None = None) -> None:
        super().__init__()
        self.chat = chat
        self.message = message


class PrewarmSheet(Message):
    """The engine can look at a sheet now, while the user still fills in the new character.

    `language` is the language that the character will speak.
    """

    def __init__(self, sheet: Path, language: Language) -> None:
        super().__init__()
        self.sheet = sheet
        self.language = language


class ShowLorebook(Message):
    """The user wants to see the lorebook of the character with this profile."""

    def __init__(self, profile: Profile) -> None:
        super().__init__()
        self.profile = profile


class ChangeSettings(Message):
    """The user wants to change settings. They are named as in `change_config`."""

    def __init__(self, changes: Mapping[str, SettingValue]) -> None:
        super().__init__()
        self.changes = changes


class DownloadFinished(Message):
    """A download has finished, failed or been paused."""

    def __init__(self, result: DownloadResult) -> None:
        super().__init__()
        self.result = result

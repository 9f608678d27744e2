"""Characters: what the user chats with, where they are saved, and their cards."""

from refsheet_tui.characters.character import Character
from refsheet_tui.characters.samples import SampleCharacter, load_samples

__all__ = ["Character", "SampleCharacter", "load_samples"]

"""The characters in the gallery: the user's own, and the samples that are not among them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from refsheet_tui.characters import Character, CharacterStore, SavedCharacter, load_samples
from refsheet_tui.errors import ConfigError
from refsheet_tui.prompting import Language, MacroValues, language as language_of, substitute_macros
from refsheet_tui.untrusted import one_line


@dataclass(frozen=True)
class GalleryEntry:
    """A character in the gallery.

    Attributes:
        character: One of the user's own, or a sample.
        name: Its name, in one line.
        description: Its description, in one line.
        language: The native name of its language.
        sheet: The path of its reference sheet; None if that is lost.
        last_used: When it was last used, in seconds since 1970; None for a sample.
    """

    character: SavedCharacter | Character
    name: str
    description: str
    language: str
    sheet: Path | None
    last_used: float | None = None

    @property
    def saved(self) -> SavedCharacter | None:
        """The character if it is one of the user's own, else None."""
        return self.character if isinstance(self.character, SavedCharacter) else None


def gallery_entries(store: CharacterStore, language: Language) -> list[GalleryEntry]:
    """Return the user's characters, most recently used first, then the samples.

    The samples speak `language`. Raises `StorageError`.
    """
    own_entries = [_own_entry(store, character) for character in store.latest_characters()]
    names = {(entry.name, entry.language) for entry in own_entries}
    sample_entries = (_sample_entry(sample.character(language)) for sample in load_samples())
    return own_entries + [
        entry for entry in sample_entries if (entry.name, entry.language) not in names
    ]


def _own_entry(store: CharacterStore, character: SavedCharacter) -> GalleryEntry:
    """Return the entry of a saved character.

    Its pictures may be lost. Then an error is shown when a chat with it opens.
    """
    profile = character.profile
    try:
        language = language_of(profile.language).native
    except ConfigError:
        language = one_line(profile.language)
    names = MacroValues(profile.spoken_name, profile.person)
    description = substitute_macros(profile.description, names)
    sheet = next(iter(store.picture_paths(character)), None)
    return GalleryEntry(
        character,
        one_line(profile.name),
        one_line(description),
        language,
        sheet,
        character.last_used,
    )


def _sample_entry(character: Character) -> GalleryEntry:
    language = character.language.native
    return GalleryEntry(character, character.name, character.description, language, character.sheet)

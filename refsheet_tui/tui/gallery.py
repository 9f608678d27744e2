"""The characters in the gallery: the user's own, and the samples that are not among them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from refsheet_tui.characters import Character, CharacterStore, SavedCharacter, load_samples
from refsheet_tui.errors import ConfigError
from refsheet_tui.prompting import Language, language as language_of, substitute_macros
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
        used: When it was last used, in seconds since 1970; None for a sample.
    """

    character: SavedCharacter | Character
    name: str
    description: str
    language: str
    sheet: Path | None
    used: float | None = None

    @property
    def saved(self) -> SavedCharacter | None:
        """The character if it is one of the user's own, else None."""
        return self.character if isinstance(self.character, SavedCharacter) else None


def gallery_entries(library: CharacterStore, language: Language) -> list[GalleryEntry]:
    """Return the user's characters, most recently used first, then the samples.

    The samples speak `language`. Raises `StorageError`.
    """
    own = [_own(library, kept) for kept in library.latest_characters()]
    names = {(entry.name, entry.language) for entry in own}
    given = (_sample(sample.character(language)) for sample in load_samples())
    return own + [entry for entry in given if (entry.name, entry.language) not in names]


def _own(library: CharacterStore, kept: SavedCharacter) -> GalleryEntry:
    """Return the entry of a saved character.

    Its pictures may be lost. Then an error is shown when a chat with it opens.
    """
    profile = kept.profile
    try:
        spoken = language_of(profile.language).native
    except ConfigError:
        spoken = one_line(profile.language)
    description = substitute_macros(profile.description, profile.name, profile.person)
    sheet = next(iter(library.picture_paths(kept)), None)
    return GalleryEntry(
        kept, one_line(profile.name), one_line(description), spoken, sheet, kept.last_used
    )


def _sample(character: Character) -> GalleryEntry:
    spoken = character.language.native
    return GalleryEntry(character, character.name, character.description, spoken, character.sheet)

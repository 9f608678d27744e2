"""Who is in the gallery: the person's own characters, and the samples that are not among them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from refsheet_tui.characters import Character, samples
from refsheet_tui.characters.library import CharacterLibrary, KeptCharacter
from refsheet_tui.errors import PictureError
from refsheet_tui.prompting import Language
from refsheet_tui.prompting import language as language_of


@dataclass(frozen=True)
class Entry:
    """`kept` where it is one of the person's own."""

    character: Character
    kept: KeptCharacter | None = None


def entries(library: CharacterLibrary, language: Language) -> list[Entry]:
    """The one used last first, then the samples as they speak `language`. Raises `StorageError`."""
    own = [Entry(_shown(library, kept), kept) for kept in library.latest()]
    names = {(entry.character.name, entry.character.language) for entry in own}
    given = (sample.character(language) for sample in samples())
    return own + [
        Entry(character) for character in given if (character.name, character.language) not in names
    ]


def _shown(library: CharacterLibrary, kept: KeptCharacter) -> Character:
    """Also one that has lost its pictures, which is told when it is talked with."""
    try:
        return library.speaking(kept)
    except PictureError:
        profile = kept.profile
        return Character(Path(), language_of(profile.language), profile.name, profile.description)

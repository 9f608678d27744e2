"""Who is in the gallery: the person's own characters, and the samples that are not among them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from refsheet_tui.characters import Character, samples
from refsheet_tui.characters.library import CharacterLibrary, KeptCharacter
from refsheet_tui.errors import ConfigError
from refsheet_tui.prompting import Language
from refsheet_tui.prompting import language as language_of
from refsheet_tui.prompting.macros import substituted
from refsheet_tui.untrusted import one_line


@dataclass(frozen=True)
class Entry:
    """What a card shows. `who` is whom a chat is held with: one of the person's own, or a sample.
    `used` is in seconds since 1970, None for a sample."""

    who: KeptCharacter | Character
    name: str
    description: str
    language: str
    sheet: Path | None
    used: float | None = None

    @property
    def kept(self) -> KeptCharacter | None:
        """Where it is one of the person's own."""
        return self.who if isinstance(self.who, KeptCharacter) else None


def entries(library: CharacterLibrary, language: Language) -> list[Entry]:
    """The one used last first, then the samples as they speak `language`. Raises `StorageError`."""
    own = [_own(library, kept) for kept in library.latest()]
    names = {(entry.name, entry.language) for entry in own}
    given = (_sample(sample.character(language)) for sample in samples())
    return own + [entry for entry in given if (entry.name, entry.language) not in names]


def _own(library: CharacterLibrary, kept: KeptCharacter) -> Entry:
    """Also one that has lost its pictures, which is told when it is talked with."""
    profile = kept.profile
    try:
        spoken = language_of(profile.language).native
    except ConfigError:
        spoken = one_line(profile.language)
    description = substituted(profile.description, profile.name, profile.person)
    sheet = next(iter(library.pictures(kept)), None)
    return Entry(kept, one_line(profile.name), one_line(description), spoken, sheet, kept.used)


def _sample(character: Character) -> Entry:
    spoken = character.language.native
    return Entry(character, character.name, character.description, spoken, character.sheet)

"""Who `refsheet talk` talks with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from refsheet_tui import paths
from refsheet_tui.characters import Character, samples
from refsheet_tui.characters.library import KeptCharacter, profile_from
from refsheet_tui.characters.profile import Profile
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.shelf import Chat
from refsheet_tui.cli.library import find_character, find_message, opened
from refsheet_tui.cli.pictures import check_pictures, find_picture
from refsheet_tui.errors import NotFoundError
from refsheet_tui.prompting import chosen_language
from refsheet_tui.storage.layout import FILE_NAME
from refsheet_tui.untrusted import clean


@dataclass(frozen=True)
class Speaker:
    """`kept` where it is in the library; `chat` where one that was kept goes on, behind the message
    `leaf` if that is not its last."""

    character: Character
    kept: KeptCharacter | None = None
    chat: Chat | None = None
    leaf: int | None = None

    @property
    def note(self) -> str:
        """That of the chat, else the character's."""
        return (self.chat.note if self.chat is not None else "") or self.character.note


class Speakers:
    """Finds them: on pictures, among the samples, and in the library, which is opened only where
    it is needed."""

    def __init__(self, extras: Sequence[str], description: str | None, code: str | None) -> None:
        """What was said about the character beside its name. Raises `ConfigError` for an unknown
        language."""
        self._spoken = chosen_language(code, os.environ)
        self._has_code = code is not None
        self._pictures = tuple(find_picture(extra) for extra in extras)
        self._description = None if description is None else clean(description)
        self._opened = ExitStack()
        self._library: Library | None = None

    def close(self) -> None:
        self._opened.close()

    @property
    def library(self) -> Library:
        """Raises `StorageError`."""
        if self._library is None:
            self._library = self._opened.enter_context(opened())
        return self._library

    def of(self, name: str) -> Speaker:
        """The character on a picture, one of the person's by its name or number, or a sample by its
        key.

        Raises `PictureError`, `NotFoundError`, `StorageError`.
        """
        picture = find_picture(name)
        if paths.exists(picture):
            return Speaker(self._changed(Character(picture, self._spoken)))
        sample = {sample.key: sample for sample in samples()}.get(name.lower())
        kept = self._named(name, needed=sample is None and not _is_path(name))
        if kept is not None:
            return self._speaker(kept)
        if sample is not None:
            return Speaker(self._changed(sample.character(self._spoken)))
        return Speaker(self._changed(Character(picture, self._spoken)))

    def _named(self, name: str, *, needed: bool) -> KeptCharacter | None:
        """One of the person's own. None where there are none yet: what was meant is a picture; and
        where a sample is meant as well, unless it is clear who."""
        if not paths.exists(paths.data_dir() / FILE_NAME):
            return None
        if not needed:
            found = self.library.characters.named(name)
            return found[0] if len(found) == 1 else None
        return find_character(self.library, name) if self.library.characters.latest() else None

    def of_chat(self, number: int, leaf: int | None) -> Speaker:
        """Whoever a chat is held with. Raises `NotFoundError` also for a `leaf` that is not in it,
        `StorageError`."""
        chat = self.library.chats.get(number)
        if chat.version is None:
            raise NotFoundError(
                f"Chat {number} is held with nobody.",
                f"Say with whom: refsheet chats update {number} --character NAME",
            )
        kept = self.library.characters.at(chat.version)
        if leaf is not None:
            find_message(self.library, number, leaf)
        return Speaker(self.library.characters.speaking(kept), kept, chat, leaf)

    def keep(self, speaker: Speaker) -> Speaker:
        """The same, in the library: as it is there, as a version for this chat alone where
        something else was said about it, or added. Raises `PictureError`, `StorageError`."""
        character, characters = speaker.character, self.library.characters
        pictures = (character.sheet, *character.extras)
        check_pictures(pictures)
        if speaker.kept is None:
            return replace(speaker, kept=characters.keep(character))
        profile = self.profile(speaker)
        if profile == speaker.kept.profile and pictures == characters.pictures(speaker.kept):
            return speaker
        return replace(speaker, kept=characters.vary(speaker.kept, profile, pictures))

    def _speaker(self, kept: KeptCharacter) -> Speaker:
        """With what was said about it now in place of what is kept."""
        changed = replace(kept, profile=self._told(kept.profile))
        character = self.library.characters.speaking(changed)
        if self._pictures:
            character = replace(character, extras=self._pictures)
        return Speaker(character, kept)

    def rewrite(self, speaker: Speaker, profile: Profile) -> KeptCharacter:
        """Keep it as `profile` says, as a new version where it is in the library. Raises
        `PictureError`, `StorageError`."""
        if speaker.kept is not None:
            return self.library.characters.edit(speaker.kept.id, profile)
        character = speaker.character
        return self.library.characters.add(profile, (character.sheet, *character.extras))

    def profile(self, speaker: Speaker) -> Profile:
        """What is known of it so far."""
        if speaker.kept is None:
            return profile_from(speaker.character)
        return self._told(speaker.kept.profile)

    def _told(self, profile: Profile) -> Profile:
        said = {"description": self._description} if self._description is not None else {}
        spoken = {"language": self._spoken.code} if self._has_code else {}
        return profile.model_copy(update={**said, **spoken})

    def _changed(self, character: Character) -> Character:
        if self._pictures:
            character = replace(character, extras=self._pictures)
        if self._description is not None:
            character = replace(character, description=self._description)
        return replace(character, language=self._spoken) if self._has_code else character


def _is_path(name: str) -> bool:
    return os.sep in name or "." in name

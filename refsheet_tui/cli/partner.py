"""Finding the character that `refsheet talk` chats with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from time import time

from refsheet_tui import paths
from refsheet_tui.characters import (
    Character,
    Profile,
    SavedCharacter,
    load_samples,
    profile_from_character,
)
from refsheet_tui.chats import Chat, Library
from refsheet_tui.cli.library import find_character, find_message, open_library
from refsheet_tui.cli.pictures import find_picture
from refsheet_tui.errors import NotFoundError
from refsheet_tui.prompting import choose_language
from refsheet_tui.storage import DATABASE_NAME
from refsheet_tui.untrusted import clean_text


@dataclass(frozen=True)
class Partner:
    """A character to chat with, and where the chat continues.

    Attributes:
        character: The character.
        saved: The character in the library; None if it isn't saved.
        chat: The saved chat to continue; None for a new one.
        leaf: The message to continue `chat` from; None for its last one.
        created: When the chat was created, or is to be created, in seconds since 1970.
    """

    character: Character
    saved: SavedCharacter | None = None
    chat: Chat | None = None
    leaf: int | None = None
    created: float = field(default_factory=time)

    @property
    def note(self) -> str:
        """The author's note of the chat, or else the character's own."""
        return (self.chat.note if self.chat is not None else "") or self.character.note


class PartnerResolver:
    """Finds characters in pictures, in the library, and among the samples.

    The library is opened only if it is needed.
    """

    def __init__(
        self, extras: Sequence[str], description: str | None, language_code: str | None
    ) -> None:
        """Apply options of the command line to every character that is found.

        Args:
            extras: Further pictures.
            description: What the picture doesn't show; None for nothing new.
            language_code: The language that the character speaks; None for its own, or the
                system's.

        Raises:
            ConfigError: The language is unknown.
        """
        self._language = choose_language(language_code, os.environ)
        self._has_language_option = language_code is not None
        self._extra_pictures = tuple(find_picture(extra) for extra in extras)
        self._description = None if description is None else clean_text(description)
        self._exit_stack = ExitStack()
        self._library: Library | None = None

    def close(self) -> None:
        """Close the library."""
        self._exit_stack.close()

    @property
    def library(self) -> Library:
        """The user's library. Raises `StorageError` if it can't be opened."""
        if self._library is None:
            self._library = self._exit_stack.enter_context(open_library())
        return self._library

    def find(self, name: str) -> Partner:
        """Find a character.

        Args:
            name: The path of a picture, the name or number of one of the user's characters, or the
                key of a sample.

        Raises:
            PictureError: A picture can't be opened.
            NotFoundError: There is no such character.
            StorageError: The library can't be read.
        """
        picture = find_picture(name)
        if paths.exists(picture):
            return Partner(self._apply_to_character(Character(picture, self._language)))
        sample = {sample.key: sample for sample in load_samples()}.get(name.lower())
        saved = self._find_saved(name, required=sample is None and not _is_path(name))
        if saved is not None:
            return self._build_partner(saved)
        if sample is not None:
            return Partner(self._apply_to_character(sample.character(self._language)))
        return Partner(self._apply_to_character(Character(picture, self._language)))

    def _find_saved(self, name: str, *, required: bool) -> SavedCharacter | None:
        """Find one of the user's own characters.

        Returns None if the user has no characters yet, since `name` then means a picture. Without
        `required`, also returns None if not exactly one character has the name.
        """
        if not paths.exists(paths.data_dir() / DATABASE_NAME):
            return None
        if not required:
            matches = self.library.characters.find_by_name(name)
            return matches[0] if len(matches) == 1 else None
        return (
            find_character(self.library, name)
            if self.library.characters.latest_characters()
            else None
        )

    def find_by_chat(self, number: int, leaf: int | None) -> Partner:
        """Return the character of chat `number`, to continue from the message `leaf`.

        Raises `StorageError`, and `NotFoundError` if the chat, its character, or the message in it
        doesn't exist.
        """
        chat = self.library.chats.get_chat(number)
        if chat.character_version is None:
            raise NotFoundError(
                f"Chat {number} has no character.",
                f"Choose one: refsheet chats update {number} --character NAME",
            )
        saved = self.library.characters.get_version(chat.character_version)
        if leaf is not None:
            find_message(self.library, number, leaf)
        character = self.library.characters.build_character(saved, chat.created)
        return Partner(character, saved, chat, leaf, chat.created)

    def save(self, partner: Partner) -> Partner:
        """Save the character in the library, and return the partner with it.

        A character that is already there stays as it is. If options changed it, it gets a version
        for this chat alone. Its pictures must have been opened before. Raises `PictureError`,
        `StorageError`.
        """
        character, characters = partner.character, self.library.characters
        pictures = (character.sheet, *character.extra_pictures)
        if partner.saved is None:
            return replace(partner, saved=characters.find_or_add(character))
        profile = self.profile(partner)
        if profile == partner.saved.profile and pictures == characters.picture_paths(partner.saved):
            return partner
        return replace(partner, saved=characters.add_chat_version(partner.saved, profile, pictures))

    def _build_partner(self, saved: SavedCharacter) -> Partner:
        """Return a saved character with the options of the command line applied."""
        changed_character = replace(saved, profile=self._apply_to_profile(saved.profile))
        created = time()
        character = self.library.characters.build_character(changed_character, created)
        if self._extra_pictures:
            character = replace(character, extra_pictures=self._extra_pictures)
        return Partner(character, saved, created=created)

    def save_profile(self, partner: Partner, profile: Profile) -> SavedCharacter:
        """Save the character with a new profile.

        If it is in the library, it gets a new version. Otherwise it is added. Raises
        `PictureError`, `StorageError`.
        """
        if partner.saved is not None:
            return self.library.characters.edit_character(partner.saved.id, profile)
        character = partner.character
        return self.library.characters.add_character(
            profile, (character.sheet, *character.extra_pictures)
        )

    def profile(self, partner: Partner) -> Profile:
        """Return the character's profile, with the options of the command line applied."""
        if partner.saved is None:
            return profile_from_character(partner.character)
        return self._apply_to_profile(partner.saved.profile)

    def _apply_to_profile(self, profile: Profile) -> Profile:
        description = {"description": self._description} if self._description is not None else {}
        language = {"language": self._language.code} if self._has_language_option else {}
        return profile.model_copy(update={**description, **language})

    def _apply_to_character(self, character: Character) -> Character:
        if self._extra_pictures:
            character = replace(character, extra_pictures=self._extra_pictures)
        if self._description is not None:
            character = replace(character, description=self._description)
        return (
            replace(character, language=self._language) if self._has_language_option else character
        )


def _is_path(name: str) -> bool:
    return os.sep in name or "." in name

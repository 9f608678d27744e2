"""Importing cards on the command line."""

from __future__ import annotations

import os
from dataclasses import dataclass

from refsheet_tui import paths
from refsheet_tui.characters import (
    Profile,
    SavedCharacter,
    import_card,
)
from refsheet_tui.chats import Library
from refsheet_tui.cli.console import print_note
from refsheet_tui.cli.pictures import check_pictures, find_picture
from refsheet_tui.errors import CardError
from refsheet_tui.prompting import Language, choose_language
from refsheet_tui.untrusted import one_line


@dataclass(frozen=True)
class CardImport:
    """A card that was read and can be saved.

    Attributes:
        profile: The character.
        picture: The content of a picture file.
        detected_language: The language of the card's texts, if it was recognized.
    """

    profile: Profile
    picture: bytes
    detected_language: Language | None

    def save(self, library: Library) -> SavedCharacter:
        """Add the character to `library`. Raises `StorageError`."""
        return library.characters.add_character_from_bytes(self.profile, [self.picture])


def read_import(name: str, sheet: str | None, language: str | None) -> CardImport:
    """Read the card file `name`; `sheet` replaces its picture.

    `language` is used if the card names none; None means that of its texts. Raises `CardError`,
    `PictureError`.
    """
    code = choose_language(language, os.environ).code
    card = import_card(paths.expand_user(name), code, detect=language is None)
    if card.is_newer_version:
        print_note(f"{one_line(name)} uses a newer card format, so some of it may be missing.")
    if card.notice:
        print_note(f"{one_line(name)}: {card.notice}")
    if sheet is not None:
        picture = find_picture(sheet)
        check_pictures([picture])
        return CardImport(card.profile, picture.read_bytes(), card.detected_language)
    if card.picture is None:
        raise CardError(
            f"{one_line(name)} has no picture, and a character needs one.",
            "Add a reference sheet: --sheet IMAGE",
        )
    ground_notice = card.check_picture()
    if ground_notice is not None:
        print_note(f"{one_line(name)}: {ground_notice}")
    return CardImport(card.profile, card.picture, card.detected_language)

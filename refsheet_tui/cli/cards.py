"""Importing cards on the command line."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui import paths
from refsheet_tui.characters import (
    Profile,
    SavedCharacter,
    import_card,
    import_notice,
    lorebook_from_card,
)
from refsheet_tui.chats import Library
from refsheet_tui.cli.console import print_note
from refsheet_tui.cli.pictures import check_pictures, find_picture
from refsheet_tui.errors import CardError
from refsheet_tui.untrusted import one_line


@dataclass(frozen=True)
class CardImport:
    """A card that was read and can be saved. `picture` is the content of a picture file."""

    profile: Profile
    picture: bytes

    def save(self, library: Library) -> SavedCharacter:
        """Add the character to `library`. Raises `StorageError`."""
        return library.characters.add_character_from_bytes(self.profile, [self.picture])


def read_import(name: str, sheet: str | None, language: str) -> CardImport:
    """Read the card file `name`; `sheet` replaces its picture.

    `language` is used if the card names none. Raises `CardError`, `PictureError`.
    """
    card = import_card(paths.expand_user(name), language)
    if card.is_newer_version:
        print_note(f"{one_line(name)} uses a newer card format, so some of it may be missing.")
    if notice := import_notice(lorebook_from_card(card.profile.card)):
        print_note(f"{one_line(name)}: {notice}")
    if sheet is not None:
        picture = find_picture(sheet)
        check_pictures([picture])
        return CardImport(card.profile, picture.read_bytes())
    if card.picture is None:
        raise CardError(
            f"{one_line(name)} has no picture, and a character needs one.",
            "Add a reference sheet: --sheet IMAGE",
        )
    card.check_picture()
    return CardImport(card.profile, card.picture)

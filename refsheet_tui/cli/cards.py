"""Cards on the command line: from a file into the library, and out again."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui import paths
from refsheet_tui.characters.cards import import_card
from refsheet_tui.characters.library import KeptCharacter
from refsheet_tui.characters.profile import Profile
from refsheet_tui.chats.library import Library
from refsheet_tui.cli.console import note
from refsheet_tui.cli.pictures import check_pictures, find_picture
from refsheet_tui.errors import CardError
from refsheet_tui.untrusted import one_line


@dataclass(frozen=True)
class Import:
    """A card that was read and can be kept; `picture` is a file's bytes."""

    profile: Profile
    picture: bytes

    def keep(self, library: Library) -> KeptCharacter:
        """Raises `StorageError`."""
        return library.characters.add_read(self.profile, [self.picture])


def read_import(name: str, sheet: str | None, language: str) -> Import:
    """Raises `CardError`, `PictureError`."""
    card = import_card(paths.typed(name), language)
    if card.is_newer:
        note(f"{one_line(name)} is of a newer version of cards: some of it may not be understood.")
    if sheet is not None:
        picture = find_picture(sheet)
        check_pictures([picture])
        return Import(card.profile, picture.read_bytes())
    if card.picture is None:
        raise CardError(
            f"{one_line(name)} holds no picture, and a character needs one.",
            "Name its sheet: --sheet IMAGE",
        )
    card.check_picture()
    return Import(card.profile, card.picture)

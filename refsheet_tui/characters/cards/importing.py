"""A card on its way into the library."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from refsheet_tui.characters.cards.mapping import is_newer, profile_of
from refsheet_tui.characters.cards.reading import read_card
from refsheet_tui.characters.profile import Profile
from refsheet_tui.pictures import open_picture


@dataclass(frozen=True)
class ImportedCard:
    """`picture` is a file's bytes, None where the card brings none. `is_newer`: it is of a version
    that nobody knew when this was written."""

    path: Path
    profile: Profile
    picture: bytes | None
    is_newer: bool

    def check_picture(self) -> None:
        """Raises `PictureError` that names the card, for a picture that is none."""
        if self.picture is None:
            return
        with tempfile.TemporaryDirectory(prefix="refsheet-") as folder:
            copy = Path(folder) / self.path.name
            copy.write_bytes(self.picture)
            open_picture(copy).close()


def import_card(path: Path, language: str) -> ImportedCard:
    """`language` is for a card that doesn't say. Raises `CardError`."""
    found = read_card(path)
    profile = profile_of(found.card, language)
    return ImportedCard(path, profile, found.picture, is_newer(found.card))

"""Cards that are dropped on the gallery."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from refsheet_tui.characters.cards import profile_of, read_card
from refsheet_tui.characters.profile import Profile
from refsheet_tui.errors import CardError
from refsheet_tui.pictures import open_picture


@dataclass(frozen=True)
class Card:
    """`picture` is a file's bytes, None where the card brings none."""

    profile: Profile
    picture: bytes | None


def card_in(path: Path, language: str) -> Card | None:
    """None for a file that is no card. `language` is for one that doesn't say. Raises
    `PictureError` for a card whose picture is none."""
    try:
        found = read_card(path)
    except CardError:
        return None
    if found.picture is not None:
        with tempfile.TemporaryDirectory(prefix="refsheet-") as folder:
            copy = Path(folder) / path.name
            copy.write_bytes(found.picture)
            open_picture(copy).close()
    return Card(profile_of(found.card, language), found.picture)

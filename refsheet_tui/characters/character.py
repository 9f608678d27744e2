"""Who is spoken to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from refsheet_tui.characters.book import Book
from refsheet_tui.prompting import Language, Turn, opening_turn


@dataclass(frozen=True)
class Character:
    """A sheet, what else is known of the character, and the language it speaks.

    `name` is for the screen; the model learns it from `description`. `greetings` were written for
    it; without any it makes up its own. `person` is what it calls whom it talks with. `generation`
    holds settings of its own. `note` and `book` are what it is reminded of.
    """

    sheet: Path
    language: Language
    name: str = ""
    description: str = ""
    extras: tuple[Path, ...] = ()
    greetings: tuple[str, ...] = ()
    person: str = ""
    generation: Mapping[str, float | int | bool | None] = field(default_factory=dict, hash=False)
    note: str = ""
    book: Book = field(default_factory=Book)

    def opening(self, picture_size: int, *, pan_and_scan: bool) -> Turn:
        """The turn that makes the character greet, with pictures of `picture_size` pixels a side.

        Opens every picture file. Raises `PictureError`.
        """
        from refsheet_tui.pictures import view  # with it comes Pillow

        sheet = view(self.sheet, picture_size, pan_and_scan)
        extras = [view(extra, picture_size, pan_and_scan) for extra in self.extras]
        return opening_turn(self.language, sheet, self.description, extras)

"""Who is spoken to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from refsheet_tui.characters.book import Book
from refsheet_tui.engine import Vision
from refsheet_tui.prompting import Language, Turn, opening_turn


@dataclass(frozen=True)
class Character:
    """A sheet, what else is known of the character, and the language it speaks.

    `name` is for the screen; the model learns it from `description`. `greetings` were written for
    it; without any it makes up its own. `person` is what it calls whom it talks with. `generation`
    holds settings of its own. `note` and `book` are what it is reminded of. `about_user` is what
    `description` says of the user.
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
    about_user: str = ""

    @property
    def is_described(self) -> bool:
        """Whether `description` says who it is."""
        return self.description.strip() not in ("", self.about_user)

    def opening(self, vision: Vision) -> Turn:
        """The turn that makes the character greet, with the pictures that the model sees.

        Opens these. Raises `PictureError`.
        """
        views = map(vision.view, self.extras)
        extras = [view for view in views if view is not None]
        return opening_turn(self.language, vision.view(self.sheet), self.description, extras)

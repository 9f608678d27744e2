"""A character, in the form that the prompt needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from refsheet_tui.characters.lorebook import Lorebook
from refsheet_tui.engine import Vision
from refsheet_tui.prompting import Language, Turn, opening_turn


@dataclass(frozen=True)
class Character:
    """A reference sheet, what else is known of the character, and the language it speaks.

    Attributes:
        sheet: The file of the reference sheet.
        language: The language that the character speaks.
        name: Its name for the screen. The model learns the name from `description`.
        description: What the model is told of it, beside the pictures.
        extra_pictures: Files of more pictures that the model sees.
        greetings: Greetings that were written for it. Without any, the model generates one.
        user_name: What it calls the user; empty if the user has no name.
        generation: Its own generation settings, which win over those of `config.yaml`.
        note: The author's note, which the model is told again as the chat gets longer.
        lorebook: The entries that the model is told when their keywords come up.
        about_user: The part of `description` that is about the user.
    """

    sheet: Path
    language: Language
    name: str = ""
    description: str = ""
    extra_pictures: tuple[Path, ...] = ()
    greetings: tuple[str, ...] = ()
    user_name: str = ""
    generation: Mapping[str, float | int | bool | None] = field(default_factory=dict, hash=False)
    note: str = ""
    lorebook: Lorebook = field(default_factory=Lorebook)
    about_user: str = ""

    @property
    def is_described(self) -> bool:
        """True if `description` says anything about the character, and not only about the user."""
        return self.description.strip() not in ("", self.about_user)

    def build_opening_turn(self, vision: Vision) -> Turn:
        """Open the pictures, and return the turn that asks the character for its greeting.

        Args:
            vision: How pictures reach the model. A text-only model gets a turn without pictures.

        Raises:
            PictureError: A picture can't be opened.
        """
        views = map(vision.view, self.extra_pictures)
        extras = [view for view in views if view is not None]
        return opening_turn(self.language, vision.view(self.sheet), self.description, extras)

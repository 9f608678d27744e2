"""A character, in the form that the prompt needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from refsheet_tui.characters.lorebook import DepthPrompt, Lorebook, LorebookEntry
from refsheet_tui.characters.rendered_profile import join_description
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
        depth_prompt: An author's note with a depth of its own.
        lorebook: The entries that the model is told always, or when their keywords come up.
        about_user: What it knows of the user.
        examples: Dialogue that shows how it speaks.
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
    depth_prompt: DepthPrompt = field(default_factory=DepthPrompt)
    lorebook: Lorebook = field(default_factory=Lorebook)
    about_user: str = ""
    examples: str = ""

    @property
    def is_described(self) -> bool:
        """True if any text says who the character is, and not only who the user is."""
        texts = (self.description, self.examples)
        return any(text.strip() for text in texts) or bool(self.lorebook.opening_entries)

    def opening_builder(self, vision: Vision) -> Callable[[Iterable[LorebookEntry]], Turn]:
        """Open the pictures, and return a function that builds the opening.

        The opening is the turn that asks the character for its greeting. The function gets the
        entries of the lorebook that are part of it.

        Args:
            vision: How pictures reach the model. A text-only model gets a turn without pictures.

        Raises:
            PictureError: A picture can't be opened.
        """
        views = map(vision.view, self.extra_pictures)
        extras = [view for view in views if view is not None]
        sheet = vision.view(self.sheet)

        def build(entries: Iterable[LorebookEntry]) -> Turn:
            description = join_description(
                self.description, entries, self.about_user, self.examples
            )
            return opening_turn(self.language, sheet, description, extras)

        return build

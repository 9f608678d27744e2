"""The profile of a character: the texts and settings that are saved with its pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from refsheet_tui.characters.card_values import line_from
from refsheet_tui.untrusted import one_line

_NAME_KEYS = ("nickname", "name")


def default_name(sheet: Path) -> str:
    """Return a name for a character without one, from the file name of its reference sheet."""
    return one_line(sheet.stem).replace("_", " ").replace("-", " ").strip().title() or "Character"


class Profile(BaseModel):
    """The texts and settings of one version of a character. Its pictures are stored separately.

    Attributes:
        name: The character's name.
        language: The code of the language that it speaks.
        description: Who it is.
        greeting: The first message of a chat; empty if the model is to generate one.
        alternate_greetings: Other first messages, which become swipes of `greeting`.
        person: The user's name for this character.
        persona: Who the user is to this character.
        note: The author's note, which stands near the end of the prompt.
        examples: Dialogue that shows how the character speaks.
        tags: Words to find it by.
        generation: Generation settings that win over those of `config.yaml`.
        card: The other keys of an imported card's data.
        card_outside: The keys of an imported card that stood outside of its data.
    """

    # Fields that a newer version of this program wrote stay, although nothing here reads them.
    model_config = ConfigDict(frozen=True, extra="allow")

    name: str = ""
    language: str = "en"
    description: str = ""
    greeting: str = ""
    alternate_greetings: tuple[str, ...] = ()
    person: str = ""
    persona: str = ""
    note: str = ""
    examples: str = ""
    tags: tuple[str, ...] = ()
    generation: dict[str, float | int | bool | None] = Field(default_factory=dict)
    card: dict[str, Any] = Field(default_factory=dict)
    card_outside: dict[str, Any] = Field(default_factory=dict)

    @property
    def spoken_name(self) -> str:
        """What the character is called in a chat: the nickname of its card, or its name.

        A card's nickname counts no longer if the user has given the character another name.
        """
        nickname, card_name = (line_from(self.card.get(key)).strip() for key in _NAME_KEYS)
        return nickname if nickname and self.name.startswith(card_name) else self.name

    @property
    def greetings(self) -> tuple[str, ...]:
        """The greetings that were written; if there are none, the model generates one."""
        return tuple(text for text in (self.greeting, *self.alternate_greetings) if text.strip())

"""What a person wrote about a character, as it is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from refsheet_tui.untrusted import one_line


def named_after(sheet: Path) -> str:
    """A name for a character that was given none."""
    return one_line(sheet.stem).replace("_", " ").replace("-", " ").strip().title() or "Character"


class Profile(BaseModel):
    """One version of a character. Pictures are beside it: the first is the sheet.

    `person` and `persona` are who the person is to this character. `note` goes near the end of the
    prompt, `examples` is dialogue that shows how the character speaks. `generation` holds settings
    of its own over those of `config.yaml`. `card` is what an imported card said besides, and
    `card_outside` what stood there beside its data.
    """

    # What a newer version wrote is kept, though not understood.
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
    def greetings(self) -> tuple[str, ...]:
        """Those that were written; none means that the character makes up its own."""
        return tuple(text for text in (self.greeting, *self.alternate_greetings) if text.strip())

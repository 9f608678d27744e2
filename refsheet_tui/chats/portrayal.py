"""Writing down who is on a sheet, by looking at it: what a card needs."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Literal

from refsheet_tui.characters.profile import Profile
from refsheet_tui.characters.telling import Telling
from refsheet_tui.engine import Engine, Event, GenerationSettings, TextDelta
from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting import (
    Language,
    Question,
    Turn,
    build_prompt,
    opening_turn,
    question_turn,
)
from refsheet_tui.untrusted import one_line

Field = Literal["description", "personality", "tags", "greeting"]

# The greeting comes last: it is spoken by the character that the others describe.
FIELDS: tuple[Field, ...] = ("description", "personality", "tags", "greeting")
_QUESTIONS: dict[Field, Question] = {"description": "look", "personality": "nature", "tags": "tags"}
_SEPARATORS = re.compile(r"[,，、،;；\n]|(?<=\s)-\s")
# A model that loves lists is kept from filling the card with them.
_MOST_TAGS, _LONGEST_TAG = 8, 40


@dataclass
class Portrayal:
    """`profile` grows field by field; `sheet` and `extras` are read once for all of them."""

    engine: Engine
    settings: GenerationSettings
    language: Language
    sheet: PictureView
    extras: Sequence[PictureView]
    profile: Profile = field(default_factory=Profile)

    def missing(self) -> tuple[Field, ...]:
        """What nobody has written yet."""
        return tuple(each for each in FIELDS if not self._written(each))

    async def write(self, what: Field) -> AsyncGenerator[Event, None]:
        """Write one of `FIELDS` into the profile, unless nothing came. Raises `EngineError`."""
        text = ""
        events = self.engine.generate(build_prompt([self._turn(what)]), self.settings)
        async with aclosing(events):
            async for event in events:
                text += event.text if isinstance(event, TextDelta) else ""
                yield event
        if text.strip():
            self.profile = self._with(what, text.strip())

    def _turn(self, what: Field) -> Turn:
        if what == "greeting":
            told = Telling(self.profile, self.language).description()
            return opening_turn(self.language, self.sheet, told, self.extras)
        return question_turn(_QUESTIONS[what], self.language, self.sheet, self.extras)

    def _written(self, what: Field) -> bool:
        if what == "personality":
            return bool(self.profile.card.get(what))
        return bool(getattr(self.profile, what))

    def _with(self, what: Field, text: str) -> Profile:
        if what == "personality":
            return self.profile.model_copy(update={"card": {**self.profile.card, what: text}})
        if what == "tags":
            return self.profile.model_copy(update={"tags": tags_of(text)})
        return self.profile.model_copy(update={what: text})


def tags_of(text: str) -> tuple[str, ...]:
    """The tags that a model lists, however it does."""
    found = (one_line(each).strip(" .。*#\"'-•") for each in _SEPARATORS.split(text))
    short = (each for each in found if 0 < len(each) <= _LONGEST_TAG)
    return tuple(dict.fromkeys(short))[:_MOST_TAGS]

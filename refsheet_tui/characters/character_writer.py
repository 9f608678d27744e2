"""Writing a character's description, personality, tags and greeting from its reference sheet."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Literal

from refsheet_tui.characters.lorebook import choose_within_budget, count_estimate
from refsheet_tui.characters.profile import Profile
from refsheet_tui.characters.rendered_profile import RenderedProfile, join_description
from refsheet_tui.engine import (
    Engine,
    EngineEvent,
    GenerationSettings,
    LoadSettings,
    TextDelta,
)
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

ProfileField = Literal["description", "personality", "tags", "greeting"]

# The greeting comes last: the character that the other fields describe speaks it.
PROFILE_FIELDS: tuple[ProfileField, ...] = ("description", "personality", "tags", "greeting")
_QUESTIONS: dict[ProfileField, Question] = {
    "description": "look",
    "personality": "nature",
    "tags": "tags",
}
_SEPARATORS = re.compile(r"[,，、،;；\n]|(?<=\s)-\s")
# Some models write very long lists: these limits stop them from filling the card.
_MAX_TAGS, _MAX_TAG_LENGTH = 8, 40


@dataclass
class CharacterWriter:
    """Lets a model write the fields of a profile, one after another.

    Attributes:
        engine: The engine with the model.
        settings: How the model generates the texts.
        language: The language to write in.
        sheet: The reference sheet. The model reads it, and `extras`, once for all fields.
        extras: The other pictures of the character.
        profile: The result, which grows field by field.
        context_size: The size of the model's context in tokens.
    """

    engine: Engine
    settings: GenerationSettings
    language: Language
    sheet: PictureView
    extras: Sequence[PictureView]
    profile: Profile = field(default_factory=Profile)
    context_size: int = LoadSettings.context_size

    def missing_fields(self) -> tuple[ProfileField, ...]:
        """Return the fields that are still empty."""
        return tuple(each for each in PROFILE_FIELDS if not self._is_written(each))

    async def write_field(self, field_name: ProfileField) -> AsyncGenerator[EngineEvent, None]:
        """Let the model write one field, and store it in `profile` at the end.

        The field stays as it is if the model writes nothing. Yields the events of the engine.
        Raises `EngineError`.
        """
        text = ""
        events = self.engine.generate(build_prompt([self._request_for(field_name)]), self.settings)
        async with aclosing(events):
            async for event in events:
                text += event.text if isinstance(event, TextDelta) else ""
                yield event
        if text.strip():
            self.profile = self._profile_with(field_name, text.strip())

    def _request_for(self, field_name: ProfileField) -> Turn:
        if field_name == "greeting":
            return opening_turn(self.language, self.sheet, self._description(), self.extras)
        return question_turn(_QUESTIONS[field_name], self.language, self.sheet, self.extras)

    def _description(self) -> str:
        """Return the texts of the character, with the constant entries of its lorebook."""
        rendered = RenderedProfile(self.profile, self.language)
        lorebook = rendered.lorebook()
        entries, _ = choose_within_budget(
            lorebook.opening_entries, lorebook.budget_in(self.context_size), count_estimate
        )
        return join_description(
            rendered.description(), entries, rendered.about_user(), rendered.examples()
        )

    def _is_written(self, field_name: ProfileField) -> bool:
        if field_name == "personality":
            return bool(self.profile.card.get(field_name))
        return bool(getattr(self.profile, field_name))

    def _profile_with(self, field_name: ProfileField, text: str) -> Profile:
        if field_name == "personality":
            return self.profile.model_copy(update={"card": {**self.profile.card, field_name: text}})
        if field_name == "tags":
            return self.profile.model_copy(update={"tags": parse_tags(text)})
        return self.profile.model_copy(update={field_name: text})


def parse_tags(text: str) -> tuple[str, ...]:
    """Return the tags of a list that a model wrote, whatever separators it used."""
    tags = (one_line(each).strip(" .。*#\"'-•") for each in _SEPARATORS.split(text))
    short_tags = (each for each in tags if 0 < len(each) <= _MAX_TAG_LENGTH)
    return tuple(dict.fromkeys(short_tags))[:_MAX_TAGS]

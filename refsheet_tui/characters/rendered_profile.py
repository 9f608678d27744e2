"""The texts about a character that the model reads, beside its pictures."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from refsheet_tui.characters.card_fields import read_card_fields
from refsheet_tui.characters.lorebook import (
    DepthPrompt,
    Lorebook,
    LorebookEntry,
    depth_prompt_from_card,
    lorebook_from_card,
)
from refsheet_tui.characters.mojibake import repair_texts
from refsheet_tui.characters.profile import Profile
from refsheet_tui.prompting import (
    Language,
    MacroBudget,
    MacroValues,
    get_wording,
    substitute_macros,
)

# The keys of a card that belong in the description; the rest of it is for other programs.
_CARD_KEYS = ("personality", "scenario", "system_prompt")
# The macros that repeat a text of the card, in lower case, and the key of that text.
_CARD_MACROS = {
    "personality": "personality",
    "charpersonality": "personality",
    "scenario": "scenario",
    "charscenario": "scenario",
    "charprompt": "system_prompt",
    "charversion": "character_version",
    "char_version": "character_version",
    "char_persona": "personality",
    "creator_notes": "creator_notes",
    "creatornotes": "creator_notes",
    "charcreatornotes": "creator_notes",
}
# What stands for `{{user}}'s` if the user has no name: to the user, and to a third party. The
# English words serve other languages too, because the ending is English.
_POSSESSIVES = {
    "en": ("your", "their"),
    "zh-Hans": ("你的", "对方的"),
    "zh-Hant": ("你的", "對方的"),
    "ja": ("あなたの", "相手の"),
    "ko": ("당신의", "상대방의"),
}


def join_description(
    description: str, entries: Iterable[LorebookEntry], about_user: str, examples: str
) -> str:
    """Return everything that the model is told beside the pictures, one paragraph a line.

    Args:
        description: The text about the character.
        entries: The entries of the lorebook that stand before or after it.
        about_user: What the character knows of the user.
        examples: Dialogue that shows how the character speaks.
    """
    entries = tuple(entries)
    parts = (
        *(entry.content for entry in entries if entry.position == "before"),
        description,
        *(entry.content for entry in entries if entry.position == "after"),
        about_user,
        examples,
    )
    return "\n".join(filter(None, parts))


class RenderedProfile:
    """A profile as the prompt has it: macros are replaced by names, empty texts are left out."""

    def __init__(self, profile: Profile, language: Language, created: float = 0) -> None:
        """Render `profile` in `language`.

        `created` is when the chat was created, in seconds since 1970; random macros and dates
        depend on it.
        """
        self._profile = profile
        self._wording = get_wording(language)
        self._user_name = profile.person.strip()
        self._card = repair_texts(profile.card)
        self._card_texts = read_card_fields(self._card, profile.card_outside).texts
        to_user, to_others = _POSSESSIVES.get(language.code, _POSSESSIVES["en"])
        self._told_values = MacroValues(
            character=profile.spoken_name or self._wording.character,
            user=self._user_name or self._wording.somebody,
            user_possessive="" if self._user_name else to_others,
            texts=_repeated_texts(profile, self._card, self._card_texts),
            created=created,
            language=language,
        )
        self._spoken_values = replace(
            self._told_values,
            user=self._user_name or self._wording.you,
            user_possessive="" if self._user_name else to_user,
        )

    def description(self) -> str:
        """Return what the picture doesn't say of the character, one paragraph a line."""
        return self._description[0]

    @cached_property
    def _description(self) -> tuple[str, dict[str, str]]:
        """The text about the character beside the picture, and the variables that it sets."""
        parts = [self._profile.description, *(self._card_texts[key] for key in _CARD_KEYS)]
        budget, variables = MacroBudget(), dict[str, str]()
        rendered = (
            substitute_macros(text, self._told_values, budget, variables=variables).strip()
            for text in parts
        )
        return "\n".join(filter(None, rendered)), variables

    def about_user(self) -> str:
        """Return what the character knows of the user."""
        return self.render_text(self._raw_about_user())

    def greetings(self) -> tuple[str, ...]:
        """Return the greetings, in which `{{user}}` is how the character addresses the user."""
        render = partial(self._render, budget=MacroBudget(), values=self._spoken_values)
        return tuple(filter(None, map(render, self._profile.greetings)))

    def note(self) -> str:
        """Return the author's note."""
        return self.render_text(self._profile.note)

    def lorebook(self) -> Lorebook:
        """Return the lorebook with the macros in its entries replaced."""
        lorebook = lorebook_from_card(self._with_outside)
        budget = MacroBudget()
        render_text = partial(self._render, budget=budget)
        # A keyword that repeats a whole text, or what stands for a name, would never come up.
        values = replace(self._told_values, user=self._user_name, user_possessive="")
        render_key = partial(self._render, budget=budget, values=values, are_texts_repeated=False)
        return lorebook.with_entries(
            entry.render(render_text, render_key) for entry in lorebook.entries
        )

    @property
    def _with_outside(self) -> dict[str, Any]:
        """The data of the card, and what stands outside of it and not in the data."""
        return {**repair_texts(self._profile.card_outside), **self._card}

    def depth_prompt(self) -> DepthPrompt:
        """Return the author's note with a depth of its own that the card has."""
        depth_prompt = depth_prompt_from_card(self._card)
        return replace(depth_prompt, text=self.render_text(depth_prompt.text))

    def render_text(self, text: str) -> str:
        """Return `text` with macros replaced; `{{user}}` is how a third party names the user."""
        return self._render(text, MacroBudget())

    def _render(
        self,
        text: str,
        budget: MacroBudget,
        *,
        values: MacroValues | None = None,
        are_texts_repeated: bool = True,
    ) -> str:
        """Replace the macros of a text other than the description.

        It reads the variables that the description sets, and what it sets itself is its own.
        """
        return substitute_macros(
            text,
            values or self._told_values,
            budget,
            are_texts_repeated=are_texts_repeated,
            variables=ChainMap({}, self._description[1]),
        ).strip()

    def _raw_about_user(self) -> str:
        persona = self._profile.persona.strip()
        if not self._user_name:
            return self._wording.about.replace("{persona}", persona) if persona else ""
        name_text = self._wording.called.replace("{name}", self._user_name)
        return f"{name_text} {persona}".strip()

    def examples(self) -> str:
        """Return the dialogue that shows how the character speaks, with its heading."""
        examples = self.render_text(self._profile.examples)
        return f"{self._wording.examples}\n{examples}" if examples else ""


def _repeated_texts(
    profile: Profile, card: Mapping[str, Any], card_texts: Mapping[str, str]
) -> dict[str, str]:
    """Return the texts that macros can repeat, by the lower-case name of the macro."""
    return {
        "description": profile.description,
        "chardescription": profile.description,
        "char_desc": profile.description,
        "persona": profile.persona,
        "user_persona": profile.persona,
        "mesexamples": profile.examples,
        "mesexamplesraw": profile.examples,
        "exampledialogue": profile.examples,
        "example_dialogue": profile.examples,
        "charinstruction": profile.note,
        "charjailbreak": profile.note,
        "charfirstmessage": profile.greeting,
        "first_message": profile.greeting,
        "chardepthprompt": depth_prompt_from_card(card).text,
        **{macro: card_texts[key] for macro, key in _CARD_MACROS.items()},
    }

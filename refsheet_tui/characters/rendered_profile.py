"""The texts about a character that the model reads, beside its pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from refsheet_tui.characters.lorebook import (
    DepthPrompt,
    Lorebook,
    LorebookEntry,
    depth_prompt_from_card,
    lorebook_from_card,
)
from refsheet_tui.characters.profile import Profile
from refsheet_tui.prompting import Language, get_wording, substitute_macros
from refsheet_tui.untrusted import clean_text

# The keys of a card that belong in the description; the rest of it is for other programs.
_CARD_KEYS = ("personality", "scenario", "system_prompt")


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

    def __init__(self, profile: Profile, language: Language) -> None:
        self._profile = profile
        self._wording = get_wording(language)
        self._user_name = profile.person.strip()

    def description(self) -> str:
        """Return what the picture doesn't say of the character, one paragraph a line."""
        profile = self._profile
        parts = [profile.description]
        parts += [clean_text(str(profile.card.get(key) or "")) for key in _CARD_KEYS]
        return "\n".join(text for text in map(self.render_text, parts) if text)

    def about_user(self) -> str:
        """Return what the character knows of the user."""
        return self.render_text(self._raw_about_user())

    def greetings(self) -> tuple[str, ...]:
        """Return the greetings, in which `{{user}}` is how the character addresses the user."""
        you = self._user_name or self._wording.you
        return tuple(self._substitute_names(text, you) for text in self._profile.greetings)

    def note(self) -> str:
        """Return the author's note."""
        return self.render_text(self._profile.note)

    def lorebook(self) -> Lorebook:
        """Return the lorebook with the macros in its entries replaced."""
        lorebook = lorebook_from_card(self._profile.card)
        return lorebook.with_entries(entry.render(self.render_text) for entry in lorebook.entries)

    def depth_prompt(self) -> DepthPrompt:
        """Return the author's note with a depth of its own that the card has."""
        depth_prompt = depth_prompt_from_card(self._profile.card)
        return replace(depth_prompt, text=self.render_text(depth_prompt.text))

    def render_text(self, text: str) -> str:
        """Return `text` with macros replaced; `{{user}}` is how a third party names the user."""
        return self._substitute_names(text, self._user_name or self._wording.somebody)

    def _substitute_names(self, text: str, user_name: str) -> str:
        return substitute_macros(
            text, self._profile.name or self._wording.character, user_name
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

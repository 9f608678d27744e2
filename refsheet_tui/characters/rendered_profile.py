"""The texts about a character that the model reads, beside its pictures."""

from __future__ import annotations

from collections.abc import Iterable

from refsheet_tui.characters.lorebook import Lorebook, LorebookEntry, lorebook_from_card
from refsheet_tui.characters.profile import Profile
from refsheet_tui.prompting import Language, get_wording, substitute_macros
from refsheet_tui.untrusted import clean_text

# The keys of a card that belong in the description; the rest of it is for other programs.
_CARD_KEYS = ("personality", "scenario", "system_prompt")


class RenderedProfile:
    """A profile as the prompt has it: macros are replaced by names, empty texts are left out."""

    def __init__(self, profile: Profile, language: Language) -> None:
        self._profile = profile
        self._wording = get_wording(language)
        self._user_name = profile.person.strip()
        self._lorebook = lorebook_from_card(profile.card)

    def description(self) -> str:
        """Return everything that the picture doesn't say, one paragraph a line."""
        profile = self._profile
        parts = [profile.description]
        parts += [clean_text(str(profile.card.get(key) or "")) for key in _CARD_KEYS]
        parts += [entry.content for entry in self._lorebook.constant_entries]
        parts += [self._raw_about_user(), self._examples()]
        return "\n".join(text for text in map(self.render_text, parts) if text)

    def about_user(self) -> str:
        """Return the part of `description` that is about the user."""
        return self.render_text(self._raw_about_user())

    def greetings(self) -> tuple[str, ...]:
        """Return the greetings, in which `{{user}}` is how the character addresses the user."""
        you = self._user_name or self._wording.you
        return tuple(self._substitute_names(text, you) for text in self._profile.greetings)

    def note(self) -> str:
        """Return the author's note."""
        return self.render_text(self._profile.note)

    def lorebook(self) -> Lorebook:
        """Return the lorebook with the macros in its keyword entries replaced."""
        return self._lorebook.with_keyword_entries(
            LorebookEntry(
                keys=self._keys(entry.keys),
                content=self.render_text(entry.content),
                secondary_keys=self._keys(entry.secondary_keys),
                case_sensitive=entry.case_sensitive,
                priority=entry.priority,
            )
            for entry in self._lorebook.keyword_entries
        )

    def _keys(self, keys: Iterable[str]) -> tuple[str, ...]:
        return tuple(key for key in map(self.render_text, keys) if key)

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

    def _examples(self) -> str:
        examples = self.render_text(self._profile.examples)
        return f"{self._wording.examples}\n{examples}" if examples else ""

"""What the model is told of a character, beside its pictures."""

from __future__ import annotations

from refsheet_tui.characters.profile import Profile
from refsheet_tui.prompting import Language
from refsheet_tui.prompting.macros import substituted

# Of a card, beside its description; the rest of it is for other programs.
_OF_THE_CARD = ("personality", "scenario")


class Telling:
    """A profile in the words of its prompt: names in their places, nothing that is empty."""

    def __init__(self, profile: Profile, language: Language) -> None:
        self._profile = profile
        self._is_chinese = language.is_chinese

    @property
    def person(self) -> str:
        """What the character calls the person, where it has no name for them."""
        return self._profile.person.strip() or ("你" if self._is_chinese else "you")

    def description(self) -> str:
        """All that the picture doesn't say, in paragraphs."""
        profile = self._profile
        parts = [profile.description]
        parts += [str(profile.card.get(key) or "") for key in _OF_THE_CARD]
        parts += [self._about_the_person(), self._examples()]
        return "\n".join(text for text in map(self.text, parts) if text)

    def greetings(self) -> tuple[str, ...]:
        return tuple(map(self.text, self._profile.greetings))

    def text(self, text: str) -> str:
        name = self._profile.name or ("角色" if self._is_chinese else "the character")
        return substituted(text, name, self.person).strip()

    def _about_the_person(self) -> str:
        name, persona = self._profile.person.strip(), self._profile.persona.strip()
        if self._is_chinese:
            said = f"和你聊天的人叫{name}。" if name else ""
            return f"{said}{persona}" if name else (f"和你聊天的人：{persona}" if persona else "")
        said = f"The person you talk with is called {name}." if name else ""
        if not name and persona:
            return f"The person you talk with: {persona}"
        return f"{said} {persona}".strip()

    def _examples(self) -> str:
        examples = self.text(self._profile.examples)
        if not examples:
            return ""
        return f"{'你说话的方式：' if self._is_chinese else 'How you speak:'}\n{examples}"

"""What the model is told of a character, beside its pictures."""

from __future__ import annotations

from collections.abc import Iterable

from refsheet_tui.characters.book import Book, Entry, book_of
from refsheet_tui.characters.profile import Profile
from refsheet_tui.prompting import Language, wording_in
from refsheet_tui.prompting.macros import substituted
from refsheet_tui.untrusted import clean

# Of a card, beside its description; the rest of it is for other programs.
_OF_THE_CARD = ("personality", "scenario", "system_prompt")


class Telling:
    """A profile in the words of its prompt: names in their places, nothing that is empty."""

    def __init__(self, profile: Profile, language: Language) -> None:
        self._profile = profile
        self._words = wording_in(language)
        self._person = profile.person.strip()
        self._book = book_of(profile.card)

    def description(self) -> str:
        """All that the picture doesn't say, in paragraphs."""
        profile = self._profile
        parts = [profile.description]
        parts += [clean(str(profile.card.get(key) or "")) for key in _OF_THE_CARD]
        parts += [entry.content for entry in self._book.constant]
        parts += [self._about_the_user(), self._examples()]
        return "\n".join(text for text in map(self.told, parts) if text)

    def about_user(self) -> str:
        """What `description` says of the user."""
        return self.told(self._about_the_user())

    def greetings(self) -> tuple[str, ...]:
        """As the character says them to the person."""
        you = self._person or self._words.you
        return tuple(self._named(text, you) for text in self._profile.greetings)

    def note(self) -> str:
        return self.told(self._profile.note)

    def book(self) -> Book:
        """What is told when it comes up, names in their places."""
        return self._book.with_entries(
            Entry(
                keys=self._keys(entry.keys),
                content=self.told(entry.content),
                secondary_keys=self._keys(entry.secondary_keys),
                case_sensitive=entry.case_sensitive,
                priority=entry.priority,
            )
            for entry in self._book.by_keyword
        )

    def _keys(self, keys: Iterable[str]) -> tuple[str, ...]:
        return tuple(key for key in map(self.told, keys) if key)

    def told(self, text: str) -> str:
        """As somebody else says it to the character."""
        return self._named(text, self._person or self._words.somebody)

    def _named(self, text: str, person: str) -> str:
        return substituted(text, self._profile.name or self._words.character, person).strip()

    def _about_the_user(self) -> str:
        persona = self._profile.persona.strip()
        if not self._person:
            return self._words.about.replace("{persona}", persona) if persona else ""
        called = self._words.called.replace("{name}", self._person)
        return f"{called} {persona}".strip()

    def _examples(self) -> str:
        examples = self.told(self._profile.examples)
        return f"{self._words.examples}\n{examples}" if examples else ""

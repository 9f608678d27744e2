"""What the program itself says in a prompt, in the character's language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.prompting.languages import ENGLISH, Language


@dataclass(frozen=True)
class Wording:
    """Texts with their places in braces; `wording.yaml` says what each is for."""

    persona: str
    text_persona: str
    description: str
    extras: str
    character: str
    you: str
    somebody: str
    called: str
    about: str
    examples: str
    look: str
    nature: str
    tags: str

    def in_language(self, text: str, language: Language) -> str:
        """One of these with the language that it asks for."""
        return text.replace("{language}", language.english)


def wording_in(language: Language) -> Wording:
    """In `language`; for one that a person typed, in English."""
    return wordings().get(language.code) or wordings()[ENGLISH.code]


@cache
def wordings() -> dict[str, Wording]:
    """By the code of the language."""
    file = Path(__file__).with_name("wording.yaml")
    return {code: Wording(**texts) for code, texts in paths.read_yaml_table(file).items()}

"""The program's own texts in a prompt, in the language of the character."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.prompting.languages import ENGLISH, Language


@dataclass(frozen=True)
class Wording:
    """The texts of one language, with placeholders in braces.

    The comment in `wording.yaml` says what each text is for.
    """

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

    def fill_in_language(self, text: str, language: Language) -> str:
        """Return `text`, which is one of these texts, with the language to speak filled in."""
        return text.replace("{language}", language.english)


def get_wording(language: Language) -> Wording:
    """Return the texts in a language.

    Args:
        language: The language of the character.

    Returns:
        The texts in `language`, or in English if the language is not one of `LANGUAGES`.
    """
    return load_wordings().get(language.code) or load_wordings()[ENGLISH.code]


@cache
def load_wordings() -> dict[str, Wording]:
    """Return the texts of all languages, by the code of the language."""
    file = Path(__file__).with_name("wording.yaml")
    return {code: Wording(**texts) for code, texts in paths.read_yaml_table(file).items()}

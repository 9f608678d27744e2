"""The sample characters that come with the program."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.characters.character import Character
from refsheet_tui.prompting import Language


@dataclass(frozen=True)
class SampleCharacter:
    """A character that comes with the program, in English and Chinese.

    Attributes:
        key: Its name on the command line.
        names: Its name by language, `en` and `zh`.
        descriptions: Its description by language, `en` and `zh`.
        sheet: The file of its reference sheet.
    """

    key: str
    names: dict[str, str]
    descriptions: dict[str, str]
    sheet: Path

    def character(self, language: Language) -> Character:
        """Return the character as one that speaks `language`.

        Its name and description are in Chinese if `language` is, and in English if not.
        """
        script = "zh" if language.is_chinese else "en"
        return Character(
            sheet=self.sheet,
            language=language,
            name=self.names[script],
            description=self.descriptions[script],
        )


@cache
def load_samples() -> tuple[SampleCharacter, ...]:
    """Return the sample characters in the order in which they are shown.

    Raises:
        StorageError: Their files are missing.
    """
    file = paths.resource_path("samples/samples.yaml")
    return tuple(
        SampleCharacter(key, each["name"], each["description"], file.with_name(f"{key}.png"))
        for key, each in paths.read_yaml_table(file).items()
    )

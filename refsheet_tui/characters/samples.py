"""The sample characters that come with the program."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.characters.character import Character
from refsheet_tui.prompting import Language


@dataclass(frozen=True)
class Sample:
    """A character in English (`en`) and Chinese (`zh`); `key` names it on the command line."""

    key: str
    names: dict[str, str]
    descriptions: dict[str, str]
    sheet: Path

    def character(self, language: Language) -> Character:
        """The sample as one who speaks `language`."""
        script = "zh" if language.is_chinese else "en"
        return Character(
            sheet=self.sheet,
            language=language,
            name=self.names[script],
            description=self.descriptions[script],
        )


@cache
def samples() -> tuple[Sample, ...]:
    """All of them, in the order they are shown. Raises `StorageError` when they are missing."""
    file = paths.shipped("samples/samples.yaml")
    return tuple(
        Sample(key, each["name"], each["description"], file.with_name(f"{key}.png"))
        for key, each in paths.read_yaml_table(file).items()
    )

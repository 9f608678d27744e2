"""Who `refsheet talk` talks with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from refsheet_tui.characters import Character, samples
from refsheet_tui.cli.pictures import find_picture
from refsheet_tui.prompting import chosen_language
from refsheet_tui.text import clean


def speaker(
    image: str, extras: Sequence[str], description: str | None, code: str | None
) -> Character:
    """A sample by its key, or the character on a picture, that speaks the language of `code`.

    Raises `ConfigError` for an unknown language.
    """
    spoken = chosen_language(code, os.environ)
    pictures = tuple(find_picture(extra) for extra in extras)
    named = {sample.key: sample for sample in samples()}.get(image.lower())
    if named is not None and not os.path.isfile(image):  # noqa: PTH113 - survives impossible names
        character = replace(named.character(spoken), extras=pictures)
    else:
        character = Character(find_picture(image), spoken, extras=pictures)
    if description is not None:
        character = replace(character, description=clean(description))
    return character

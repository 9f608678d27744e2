"""The persona prompt: the one user turn that opens every chat.

The order is that of RefSheet Chat: main picture, text, extra pictures. A text-only model gets a
text of its own instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting.languages import Language
from refsheet_tui.prompting.prompt import Prompt
from refsheet_tui.prompting.turns import Turn, build_prefix
from refsheet_tui.prompting.wording import wording_in


def opening_turn(
    language: Language,
    sheet: PictureView | None,
    description: str = "",
    extras: Sequence[PictureView] = (),
) -> Turn:
    """The turn that makes the character on `sheet` greet; None for a text-only model, which is
    told nothing of pictures."""
    if sheet is None:
        return Turn("user", (text_persona(language, description),))
    text = persona_text(language, description, has_extras=bool(extras))
    return Turn("user", (sheet, text, *extras))


def opening_prefix(language: Language, sheet: PictureView | None) -> Prompt:
    """What the prompt of every character on `sheet` that speaks `language` begins with, whatever
    its description and its extra pictures will be. None for a text-only model."""
    return build_prefix([opening_turn(language, sheet)])


def persona_text(language: Language, description: str = "", *, has_extras: bool = False) -> str:
    """The text of the opening turn."""
    words = wording_in(language)
    lines = [words.in_language(words.persona, language)]
    if description.strip():
        lines.append(words.description.replace("{description}", description.strip()))
    if has_extras:
        lines.append(words.extras)
    return "\n".join(lines)


def text_persona(language: Language, description: str = "") -> str:
    """All of the opening turn for a text-only model."""
    words = wording_in(language)
    return f"{words.in_language(words.text_persona, language)}\n{description.strip()}".rstrip()

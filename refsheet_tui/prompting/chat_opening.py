"""The opening: the user turn that every chat with a character begins with.

The order is that of RefSheet Chat: reference sheet, text, extra pictures. A text-only model gets a
different text, and no pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting.languages import Language
from refsheet_tui.prompting.prompt import Prompt
from refsheet_tui.prompting.turns import Turn, build_prefix
from refsheet_tui.prompting.wording import get_wording


def opening_turn(
    language: Language,
    sheet: PictureView | None,
    description: str = "",
    extras: Sequence[PictureView] = (),
) -> Turn:
    """Return the turn that asks the character for its greeting.

    Args:
        language: The language that the character speaks.
        sheet: The reference sheet; None for a text-only model, which is told nothing of pictures.
        description: What the picture doesn't say.
        extras: More pictures of the character.

    Returns:
        A turn of the user.
    """
    if sheet is None:
        return Turn("user", (text_only_opening(language, description),))
    text = opening_text(language, description, has_extras=bool(extras))
    return Turn("user", (sheet, text, *extras))


def opening_prefix(language: Language, sheet: PictureView | None) -> Prompt:
    """Return the beginning of every prompt with a reference sheet and a language.

    It is the same for every description and for all extra pictures, so the model can read it while
    the user still writes them.

    Args:
        language: The language that the character speaks.
        sheet: The reference sheet; None for a text-only model.

    Returns:
        The prefix that all of these prompts have in common.
    """
    return build_prefix([opening_turn(language, sheet)])


def opening_text(language: Language, description: str = "", *, has_extras: bool = False) -> str:
    """Return the text of the opening for a model that sees pictures."""
    wording = get_wording(language)
    lines = [wording.fill_in_language(wording.persona, language)]
    if description.strip():
        lines.append(wording.description.replace("{description}", description.strip()))
    if has_extras:
        lines.append(wording.extras)
    return "\n".join(lines)


def text_only_opening(language: Language, description: str = "") -> str:
    """Return the text of the opening for a text-only model."""
    wording = get_wording(language)
    opening = wording.fill_in_language(wording.text_persona, language)
    return f"{opening}\n{description.strip()}".rstrip()

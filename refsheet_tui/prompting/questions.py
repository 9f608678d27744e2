"""The questions about a reference sheet whose answers describe the character on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting.languages import Language
from refsheet_tui.prompting.turns import Turn
from refsheet_tui.prompting.wording import get_wording

Question = Literal["look", "nature", "tags"]


def question_turn(
    question: Question, language: Language, sheet: PictureView, extras: Sequence[PictureView] = ()
) -> Turn:
    """Return the turn that asks a question about a character's pictures.

    The pictures come first, so that the model reads them once for all questions.

    Args:
        question: What to ask for: the look, the personality (`nature`), or tags.
        language: The language of the question and of the answer.
        sheet: The reference sheet.
        extras: More pictures of the character.

    Returns:
        A turn of the user.
    """
    wording = get_wording(language)
    text = wording.fill_in_language(getattr(wording, question), language)
    return Turn("user", (sheet, *extras, text))

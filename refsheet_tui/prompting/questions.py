"""What is asked of a sheet to write down who is on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting.languages import Language
from refsheet_tui.prompting.turns import Turn
from refsheet_tui.prompting.wording import wording_in

Question = Literal["look", "nature", "tags"]


def question_turn(
    question: Question, language: Language, sheet: PictureView, extras: Sequence[PictureView] = ()
) -> Turn:
    """The pictures first, so that they are read once for all questions."""
    words = wording_in(language)
    text = words.in_language(getattr(words, question), language)
    return Turn("user", (sheet, *extras, text))

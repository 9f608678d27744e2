"""Characters and turns in, a `Prompt` out."""

from refsheet_tui.prompting.languages import (
    LANGUAGES,
    Language,
    chosen_language,
    language,
    screens_language,
)
from refsheet_tui.prompting.persona import opening_prefix, opening_turn
from refsheet_tui.prompting.prompt import ControlPart, Part, PicturePart, Prompt, TextPart
from refsheet_tui.prompting.questions import Question, question_turn
from refsheet_tui.prompting.turns import Aside, Turn, build_prefix, build_prompt, build_turn
from refsheet_tui.prompting.wording import wording_in

__all__ = [
    "LANGUAGES",
    "Aside",
    "ControlPart",
    "Language",
    "Part",
    "PicturePart",
    "Prompt",
    "Question",
    "TextPart",
    "Turn",
    "build_prefix",
    "build_prompt",
    "build_turn",
    "chosen_language",
    "language",
    "opening_prefix",
    "opening_turn",
    "question_turn",
    "screens_language",
    "wording_in",
]

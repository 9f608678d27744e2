"""Building prompts: characters and turns go in, and a `Prompt` comes out."""

from refsheet_tui.prompting.chat_opening import opening_prefix, opening_turn
from refsheet_tui.prompting.languages import (
    LANGUAGES,
    Language,
    choose_language,
    choose_screen_language,
    language,
)
from refsheet_tui.prompting.prompt import ControlPart, Part, PicturePart, Prompt, TextPart
from refsheet_tui.prompting.questions import Question, question_turn
from refsheet_tui.prompting.turns import ContextNote, Turn, build_prefix, build_prompt, build_turn
from refsheet_tui.prompting.wording import get_wording

__all__ = [
    "LANGUAGES",
    "ContextNote",
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
    "choose_language",
    "choose_screen_language",
    "get_wording",
    "language",
    "opening_prefix",
    "opening_turn",
    "question_turn",
]

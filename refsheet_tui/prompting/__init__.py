"""Characters and turns in, a `Prompt` out."""

from refsheet_tui.prompting.languages import LANGUAGES, Language, chosen_language, language
from refsheet_tui.prompting.persona import opening_prefix, opening_turn
from refsheet_tui.prompting.prompt import ControlPart, Part, PicturePart, Prompt, TextPart
from refsheet_tui.prompting.turns import Turn, build_prefix, build_prompt, build_turn

__all__ = [
    "LANGUAGES",
    "ControlPart",
    "Language",
    "Part",
    "PicturePart",
    "Prompt",
    "TextPart",
    "Turn",
    "build_prefix",
    "build_prompt",
    "build_turn",
    "chosen_language",
    "language",
    "opening_prefix",
    "opening_turn",
]

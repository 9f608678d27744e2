"""The persona prompt: the one user turn that opens every chat.

Wording and order are those of RefSheet Chat: main picture, text, extra pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting.languages import Language
from refsheet_tui.prompting.prompt import Prompt
from refsheet_tui.prompting.turns import Turn, build_prefix


@dataclass(frozen=True)
class _Wording:
    persona: str
    description: str
    extras: str


_ENGLISH = _Wording(
    persona=(
        "You are the character in the image, use {language}. Use a conversational, oral tone. "
        "Do not mention the reference images. Start without confirmation."
    ),
    description="Additional info: {description}",
    extras="Additional reference images of the character:",
)
_CHINESE = _Wording(
    persona=(
        "你的身份是图中的角色，使用{language}。使用聊天的，口语化的方式表达。"
        "不在回复中提及参考图的存在。无需确认。"
    ),
    description="补充信息：{description}",
    extras="该角色的更多参考图：",
)


def opening_turn(
    language: Language,
    sheet: PictureView,
    description: str = "",
    extras: Sequence[PictureView] = (),
) -> Turn:
    """The turn that makes the character on `sheet` greet.

    It is written in Chinese for a character that speaks Chinese and in English for all others:
    the two languages that the original's prompt exists in.
    """
    text = persona_text(language, description, has_extras=bool(extras))
    return Turn("user", (sheet, text, *extras))


def opening_prefix(language: Language, sheet: PictureView) -> Prompt:
    """What the prompt of every character on `sheet` that speaks `language` begins with, whatever
    its description and its extra pictures will be."""
    return build_prefix([opening_turn(language, sheet)])


def persona_text(language: Language, description: str = "", *, has_extras: bool = False) -> str:
    """The text of the opening turn."""
    wording = _CHINESE if language.is_chinese else _ENGLISH
    name = language.chinese if language.is_chinese else language.english
    lines = [wording.persona.format(language=name)]
    if description.strip():
        lines.append(wording.description.replace("{description}", description.strip()))
    if has_extras:
        lines.append(wording.extras)
    return "\n".join(lines)

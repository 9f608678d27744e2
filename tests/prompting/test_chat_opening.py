from __future__ import annotations

import re
from pathlib import Path

import pytest

from refsheet_tui.errors import ConfigError
from refsheet_tui.pictures import PictureView, PreparedPicture
from refsheet_tui.prompting import (
    LANGUAGES,
    choose_language,
    get_wording,
    language,
    opening_turn,
    question_turn,
)
from refsheet_tui.prompting.wording import load_wordings

SHEET = PictureView(PreparedPicture(1, b"\0\0\0", "sheet"))
# The words for image and picture in the ten languages.
PICTURES = re.compile(r"imag|pictur|图|圖|画像|이미지|bild|изображени|صور", re.IGNORECASE)
EXTRA = PictureView(PreparedPicture(1, b"\0\0\0", "extra"))


def test_english_wording_is_the_original_s() -> None:
    turn = opening_turn(language("en"), SHEET, "Likes rain.", [EXTRA])
    assert turn.role == "user"
    assert turn.content == (
        SHEET,
        "You are the character in the image, use English. Use a conversational, oral tone. "
        "Do not mention the reference images. Start without confirmation.\n"
        "Additional info: Likes rain.\n"
        "Additional reference images of the character:",
        EXTRA,
    )


def test_chinese_wording_is_the_original_s() -> None:
    turn = opening_turn(language("zh-Hans"), SHEET, "喜欢雨。", [EXTRA])
    assert turn.content[1] == (
        "你的身份是图中的角色，使用简体中文。使用聊天的，口语化的方式表达。"
        "不在回复中提及参考图的存在。无需确认。\n补充信息：喜欢雨。\n该角色的更多参考图："
    )


def test_nothing_is_said_of_what_there_is_not() -> None:
    turn = opening_turn(language("en"), SHEET, "  \n")
    assert len(turn.content) == 2
    assert "Additional" not in str(turn.content[1])


def test_braces_in_a_description_stay() -> None:
    turn = opening_turn(language("en"), SHEET, "{language} {description} {0}")
    assert "Additional info: {language} {description} {0}" in str(turn.content[1])


def test_there_are_the_original_s_ten_languages() -> None:
    codes = [each.code for each in LANGUAGES]
    assert codes == ["en", "zh-Hans", "zh-Hant", "ja", "ko", "fr", "de", "es", "ru", "ar"]


@pytest.mark.parametrize(
    ("tag", "code"),
    [("EN", "en"), ("zh", "zh-Hans"), ("zh_TW", "zh-Hant"), ("zh-hant", "zh-Hant"), (" ja ", "ja")],
)
def test_tags_are_read_as_people_write_them(tag: str, code: str) -> None:
    assert language(tag).code == code


@pytest.mark.parametrize(
    ("name", "code"), [("french", "fr"), ("日语", "ja"), ("العربية", "ar"), ("中文", "zh-Hans")]
)
def test_a_language_is_known_by_its_names(name: str, code: str) -> None:
    assert language(name).code == code


def test_any_other_language_is_asked_for_in_english() -> None:
    text = str(opening_turn(language(" Klingon "), SHEET).content[1])
    assert text.startswith("You are the character in the image, use Klingon. Use a")


@pytest.mark.parametrize("typed", ["", " \n", "\x1b", "x" * 61])
def test_what_is_no_name_of_a_language_is_refused(typed: str) -> None:
    with pytest.raises(ConfigError, match="isn't a valid language name"):
        language(typed)


def test_a_text_only_model_is_told_of_no_picture() -> None:
    turn = opening_turn(language("en"), None, " Likes rain.\n", [EXTRA])
    assert turn.content == (
        "You are the following character, use English. Use a conversational, oral tone. "
        "Start without confirmation.\n"
        "Likes rain.",
    )
    (plain,) = opening_turn(language(" Klingon "), None, " \n").content
    assert str(plain).startswith("You are the following character, use Klingon. ")
    assert str(plain).endswith("Start without confirmation.")


@pytest.mark.parametrize("code", [each.code for each in LANGUAGES])
def test_in_no_language_a_text_only_model_is_told_of_pictures(code: str) -> None:
    spoken = language(code)
    (text,) = opening_turn(spoken, None, "X", [EXTRA]).content
    assert isinstance(text, str) and text.endswith("\nX") and "{" not in text
    assert not PICTURES.search(text), text
    (seen,) = (each for each in opening_turn(spoken, SHEET).content if isinstance(each, str))
    assert PICTURES.search(seen), "the words that are looked for are those of the language"


@pytest.mark.parametrize("code", [each.code for each in LANGUAGES])
def test_a_character_is_told_everything_in_its_own_language(code: str) -> None:
    spoken = language(code)
    words = get_wording(spoken)
    assert words is load_wordings()[code], "no language falls back to another one's wording"
    opening = str(opening_turn(spoken, SHEET, "X").content[1])
    assert "{" not in opening and opening.endswith("X")
    asked = {str(question_turn(each, spoken, SHEET).content[1]) for each in ("look", "tags")}
    assert len(asked) == 2 and "{" not in "".join(asked)


def test_every_wording_and_its_back_translation_are_in_the_docs() -> None:
    shown = (Path(__file__).parents[2] / "docs" / "prompts.md").read_text(encoding="utf-8")
    for words in load_wordings().values():
        for text in vars(words).values():
            assert f"| {text} |" in shown, text


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh-Hans"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "C", "LC_ALL": "", "LC_MESSAGES": "zh_TW.UTF-8"}, "zh-Hans"),
        ({}, "en"),
    ],
)
def test_the_locale_chooses_chinese_or_english(environ: dict[str, str], code: str) -> None:
    assert choose_language(None, environ).code == code


def test_a_code_wins_over_the_locale() -> None:
    assert choose_language("ja", {"LANG": "zh_CN.UTF-8"}).code == "ja"

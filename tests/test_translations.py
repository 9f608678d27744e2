"""Every text on the screens is translated into every language."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

import translations
from refsheet_tui.config import ScreenConfig
from refsheet_tui.errors import PictureError
from refsheet_tui.i18n import (
    _,
    available_languages,
    join_sentences,
    language,
    ngettext,
    set_language,
)
from refsheet_tui.pictures import open_picture


def catalogue(*messages: tuple[str | tuple[str, str], str]) -> Catalog:
    made = Catalog(locale="zh_Hans_CN")
    for text, translation in messages:
        made.add(text, (translation,) if isinstance(text, tuple) else translation)
    return made


def problems(given: Catalog, wanted: Catalog) -> list[str]:
    return list(translations.find_problems(given, wanted))


@pytest.mark.parametrize("code", translations.read_catalogues())
def test_every_message_is_translated(code: str) -> None:
    assert problems(translations.read_catalogues()[code], translations.extract_messages()) == []


def test_catalogues_are_as_they_are_written_by_the_script(tmp_path: Path) -> None:
    """The script that updates the catalogs changes no line of up-to-date ones."""
    for path in translations.LOCALE.glob("*.po"):
        copy = tmp_path / path.name
        copy.write_bytes(path.read_bytes())
    translations.update(tmp_path)
    for path in translations.LOCALE.glob("*.po"):
        assert (tmp_path / path.name).read_text("utf-8") == path.read_text("utf-8")


def test_messages_are_found_wherever_they_are_said() -> None:
    wanted = translations.extract_messages()
    assert wanted.get("Quit") is not None
    assert wanted.get("stopping") is not None, "inside of an f-string"
    assert wanted.get("Open the command palette") is not None, "Textual says it"
    assert wanted.get("The maximum length of a reply, in tokens.") is not None, "from config.yaml"
    days = wanted.get("{count} day ago")
    assert days is not None and days.id == ("{count} day ago", "{count} days ago")


@pytest.mark.parametrize(
    ("given", "wanted", "problem"),
    [
        (catalogue(), catalogue(("Quit", "")), "lacking: Quit"),
        (catalogue(("Quit", "退出")), catalogue(), "not used: Quit"),
        (catalogue(("Quit", "")), catalogue(("Quit", "")), "not translated: Quit"),
        (
            catalogue(("{a} of {b}", "{a}")),
            catalogue(("{a} of {b}", "")),
            "other placeholders: {a} of {b}",
        ),
        (
            catalogue((("{n} day", "{n} days"), "天")),
            catalogue((("{n} day", "{n} days"), "")),
            "other placeholders: {n} day / {n} days",
        ),
        (catalogue(("a ", "甲")), catalogue(("a ", "")), "other blanks at its ends: a "),
    ],
)
def test_what_is_wrong_is_told(given: Catalog, wanted: Catalog, problem: str) -> None:
    assert problems(given, wanted) == [problem]


def test_a_fuzzy_and_an_obsolete_one_are_told() -> None:
    given, wanted = catalogue(("Quit", "退出"), ("Old", "旧")), catalogue(("Quit", ""))
    message = given.get("Quit")
    assert message is not None
    message.flags.add("fuzzy")
    given.update(wanted, no_fuzzy_matching=True)
    assert problems(given, wanted) == ["fuzzy: Quit", "obsolete: Old"]


def test_it_speaks() -> None:
    set_language("zh-Hans")
    assert language() == "zh-Hans"
    assert _("Quit") == "退出"
    assert [ngettext("{count} day ago", "{count} days ago", count) for count in (1, 2)] == [
        "{count} 天前"
    ] * 2
    assert _("") == ""
    set_language("en")
    assert language() == "en"
    assert _("Quit") == "Quit"
    assert ngettext("{count} day ago", "{count} days ago", 2) == "{count} days ago"


def test_what_goes_wrong_below_the_screens_is_told_in_their_language(tmp_path: Path) -> None:
    letter = tmp_path / "letter.png"
    letter.write_text("Dear reader", encoding="utf-8")
    set_language("zh-Hans")
    with pytest.raises(PictureError) as caught:
        open_picture(letter)
    assert caught.value.problem == f"不支持 {letter} 的图片格式。"
    assert caught.value.remedy == "请使用 PNG、JPEG、WebP、AVIF、GIF 或 BMP 图片。"


def test_the_settings_know_every_language() -> None:
    assert available_languages() == ("en", "zh-Hans")
    for code in available_languages():
        assert ScreenConfig.model_validate({"language": code}).language == code


def test_sentences_are_joined_as_each_language_does() -> None:
    assert join_sentences("One.", "", "Two.") == "One. Two."
    assert join_sentences("这个聊天没有保存。", "请先保存。") == "这个聊天没有保存。请先保存。"
    assert join_sentences("", "Two.") == "Two."

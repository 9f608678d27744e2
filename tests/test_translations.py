"""Whatever the screens say, they say in every language that there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

import translations
from refsheet_tui.config import Screens
from refsheet_tui.errors import PictureError
from refsheet_tui.i18n import _, language, languages, ngettext, speak
from refsheet_tui.pictures import open_picture


def catalogue(*messages: tuple[str | tuple[str, str], str]) -> Catalog:
    made = Catalog(locale="zh_Hans_CN")
    for text, translation in messages:
        made.add(text, (translation,) if isinstance(text, tuple) else translation)
    return made


def found(given: Catalog, wanted: Catalog) -> list[str]:
    return list(translations.problems(given, wanted))


@pytest.mark.parametrize("code", translations.catalogues())
def test_every_message_is_translated(code: str) -> None:
    assert found(translations.catalogues()[code], translations.template()) == []


def test_catalogues_are_as_they_are_written_by_the_script(tmp_path: Path) -> None:
    """Whoever adds a message changes no other line."""
    for path in translations.LOCALE.glob("*.po"):
        copy = tmp_path / path.name
        copy.write_bytes(path.read_bytes())
    translations.update(tmp_path)
    for path in translations.LOCALE.glob("*.po"):
        assert (tmp_path / path.name).read_text("utf-8") == path.read_text("utf-8")


def test_messages_are_found_wherever_they_are_said() -> None:
    wanted = translations.template()
    assert wanted.get("Quit") is not None
    assert wanted.get("stopping") is not None, "inside of an f-string"
    assert wanted.get("palette") is not None, "Textual says it"
    assert wanted.get("A reply ends after this many tokens.") is not None, "from config.yaml"
    days = wanted.get("{count} day ago")
    assert days is not None and days.id == ("{count} day ago", "{count} days ago")


@pytest.mark.parametrize(
    ("given", "wanted", "problem"),
    [
        (catalogue(), catalogue(("Quit", "")), "lacking: Quit"),
        (catalogue(("Quit", "退出")), catalogue(), "said by nobody: Quit"),
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
    assert found(given, wanted) == [problem]


def test_a_fuzzy_and_an_obsolete_one_are_told() -> None:
    given, wanted = catalogue(("Quit", "退出"), ("Old", "旧")), catalogue(("Quit", ""))
    message = given.get("Quit")
    assert message is not None
    message.flags.add("fuzzy")
    given.update(wanted, no_fuzzy_matching=True)
    assert found(given, wanted) == ["fuzzy: Quit", "obsolete: Old"]


def test_it_speaks() -> None:
    speak("zh-Hans")
    assert language() == "zh-Hans"
    assert _("Quit") == "退出"
    assert [ngettext("{count} day ago", "{count} days ago", count) for count in (1, 2)] == [
        "{count} 天前"
    ] * 2
    assert _("") == ""
    speak("en")
    assert language() == "en"
    assert _("Quit") == "Quit"
    assert ngettext("{count} day ago", "{count} days ago", 2) == "{count} days ago"


def test_what_goes_wrong_below_the_screens_is_told_in_their_language(tmp_path: Path) -> None:
    letter = tmp_path / "letter.png"
    letter.write_text("Dear reader", encoding="utf-8")
    speak("zh-Hans")
    with pytest.raises(PictureError) as caught:
        open_picture(letter)
    assert caught.value.problem == f"文件 {letter} 不是能读取的图片格式。"
    assert caught.value.remedy == "请使用 PNG、JPEG、WEBP、GIF 或 BMP 图片。"


def test_the_settings_know_every_language() -> None:
    assert languages() == ("en", "zh-Hans")
    for code in languages():
        assert Screens.model_validate({"language": code}).language == code

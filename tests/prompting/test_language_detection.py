"""The language of a card is recognized by its script, or by its most frequent words."""

from __future__ import annotations

from time import monotonic

import pytest
from hypothesis import given, settings, strategies as st

from refsheet_tui.prompting import LANGUAGES, detect_language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("こんにちは、私はエンバーです。", "ja"),
        ("你好，我是小龙。这里是我的山。", "zh-Hans"),
        ("你好，我是小龍。這裡是我的山。", "zh-Hant"),
        (
            "你好，我叫エンバー。这座山是我的家，请进来坐坐，喝一杯热茶，然后我们聊聊天吧。",
            "zh-Hans",
        ),
        ("안녕하세요, 저는 엠버예요.", "ko"),
        ("Привет! Я Эмбер, маленький дракон.", "ru"),
        ("مرحبا، أنا إمبر، تنين صغير.", "ar"),
        ("Hello, I am Ember.", "en"),
        ("*The little dragon looks at {{user}}.* Who are you?", "en"),
        ("Bonjour, je suis Ember, un petit dragon rouge.", "fr"),
        ("Qu'est-ce que vous voulez dans ma grotte ?", "fr"),
        ("Hallo! Ich bin Ember, ein kleiner Drache.", "de"),
        ("¡Hola! Soy Ember, un pequeño dragón que vive en la montaña.", "es"),
        (
            "{{char}}: {{// the notes are in English and of no use}} Guten Tag, wie geht es dir?",
            "de",
        ),
    ],
)
def test_a_known_language_is_recognized(text: str, code: str) -> None:
    found = detect_language([text])
    assert found is not None and found.code == code
    assert detect_language(["", "{{char}}", "…", text]) == found, "the others say nothing"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42. !!! …",
        "Ember",
        "Olá, eu sou a Ember e não sei o que você quer de mim.",
        "Ciao, io sono Ember e non so che cosa vuoi da me.",
        "Привіт! Я Ембер, маленький дракон, і я живу в горі.",
        "سلام، من یک اژدهای کوچک هستم و چای می‌خواهم.",
        "Γεια σου, είμαι η Έμπερ.",
        "שלום, אני דרקון קטן.",
        "สวัสดี ฉันชื่อเอมเบอร์",
        "नमस्ते, मैं एम्बर हूँ।",
    ],
)
def test_another_language_is_not_taken_for_a_known_one(text: str) -> None:
    assert detect_language([text]) is None


def test_the_greeting_decides_before_the_description() -> None:
    english = "She is a small dragon, and she likes the mountain."
    found = detect_language(["こんにちは、私はエンバーです。", english])
    assert found is not None and found.code == "ja"
    unknown = detect_language(["Γεια σου, είμαι η Έμπερ.", english])
    assert unknown is None, "a Greek greeting means a character that speaks Greek"


def test_a_long_text_takes_little_time() -> None:
    begin = monotonic()
    detect_language(["{{" * 2_000_000, "<" * 2_000_000, "the " * 1_000_000])
    assert monotonic() - begin < 5


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=50), max_size=3))
def test_any_text_has_a_language_or_none(texts: list[str]) -> None:
    assert detect_language(texts) in (None, *LANGUAGES)

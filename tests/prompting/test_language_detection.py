"""The language of a card is recognized by its script, or by its most frequent words."""

from __future__ import annotations

import unicodedata
from time import monotonic
from typing import Literal

import pytest
from hypothesis import given, settings, strategies as st

from refsheet_tui.prompting import detect_language, has_words, language


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
    ("text", "name"),
    [
        ("Olá, eu sou a Ember e não sei o que você quer de mim.", "Portuguese"),
        ("*Ela sorri.* Oi! Você está bem? Não tenha medo de mim.", "Portuguese"),
        ("Ciao, io sono Ember e non so che cosa vuoi da me.", "Italian"),
        ("*Lei sorride.* Non avere paura, sono qui per te.", "Italian"),
        ("Cześć, jestem Ember. Nie wiem, co to jest, ale się nie boję.", "Polish"),
        ("Hoi, ik ben Ember en ik weet niet wat je van mij wilt.", "Dutch"),
        ("Hej, jag är Ember och jag vet inte vad du vill.", "Swedish"),
        ("Hej, jeg er Ember, og jeg ved ikke, hvad du vil mig af hjertet.", "Danish"),
        ("Hei, jeg er Ember, og jeg vet ikke hva du vil meg av hjertet.", "Norwegian"),
        ("Hei, minä olen Ember, ja hän ei ole se mitä sinä luulet.", "Finnish"),
        ("Ahoj, já jsem Ember a nevím, co to je, když se směješ.", "Czech"),
        ("Ahoj, ja som Ember a neviem, čo to je, keď sa smeješ.", "Slovak"),
        ("Szia, én Ember vagyok, és nem tudom, hogy mit akarsz. Ez egy barlang.", "Hungarian"),
        ("Bună, eu sunt Ember și nu știu ce este în peșteră.", "Romanian"),
        ("Merhaba, ben Ember. Bu mağara çok güzel ve ne istediğini bilmiyorum.", "Turkish"),
        ("Xin chào, tôi là Ember. Bạn có muốn uống trà không?", "Vietnamese"),
        ("Halo, aku Ember. Kamu bisa masuk, ini adalah gua yang indah.", "Indonesian"),
        ("Hola, sóc l'Ember i no sé què vols. Aquesta cova és meva, però entra amb mi.", "Catalan"),
        ("Привіт! Я Ембер, маленький дракон, і я живу в горі.", "Ukrainian"),
        ("Здравей! Аз съм Ембър, малък дракон.", "Bulgarian"),
        ("سلام، من یک اژدهای کوچک هستم و چای می‌خواهم.", "Persian"),
        ("ہیلو، میں ایک چھوٹا ڈریگن ہوں۔", "Urdu"),
        ("Γεια σου, είμαι η Έμπερ.", "Greek"),
        ("שלום, אני דרקון קטן.", "Hebrew"),
        ("สวัสดี ฉันชื่อเอมเบอร์", "Thai"),
        ("नमस्ते, मैं एम्बर हूँ।", "Hindi"),
        ("გამარჯობა, მე ემბერი ვარ.", "Georgian"),
        ("வணக்கம், நான் எம்பர்.", "Tamil"),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_another_language_is_recognized_by_its_name(
    text: str, name: str, form: Literal["NFC", "NFD"]
) -> None:
    found = detect_language([unicodedata.normalize(form, text)])
    assert found is not None and (found.code, found.native) == (name, name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42. !!! …",
        "Ember",
        "Здраво, ја сам Ембер, мали змај. Љубав.",
        "Прывітанне! Я Эмбер, і я жыву ў гары.",
        "Сәлем, мен кішкентай айдаһармын, тауда тұрамын.",
        "سڵاو، من ئەژدیهایەکی بچووکم.",
        "नमस्कार, मी एम्बर आहे.",
        "Bok, ja sam Ember i ne znam što je to, ali nije moje.",
        "Salve, ego Ember sum et non est quod me timeas.",
        "Báwo ni, orúkọ mi ni Ember. Ṣé o fẹ́ wọlé?",
        "ᏏᏲ, ᎠᏯ ᎡᎹᏇ.",
    ],
)
def test_what_is_not_certain_is_not_taken_for_a_language(text: str) -> None:
    assert detect_language([text]) is None


@pytest.mark.parametrize(
    "text",
    [
        "I want to do it, so I do. To be or not to be?",
        "A brave little dragon who loves flying kites. It likes a man on a boat.",
        "I... I don't know. No! Go on, do as I say.",
        "*smiles at him* Do you want to come in? I made a cake for us.",
    ],
)
def test_short_english_is_english(text: str) -> None:
    found = detect_language([text])
    assert found is not None and found.code == "en"


def test_words_are_letters_outside_of_macros() -> None:
    assert not has_words(["", "{{char}}", "… 42 <START> https://example.com"])
    assert has_words(["…", "Hi"]) and has_words(["ᏏᏲ"])


def test_the_greeting_decides_before_the_description() -> None:
    english = "She is a small dragon, and she likes the mountain."
    found = detect_language(["こんにちは、私はエンバーです。", english])
    assert found is not None and found.code == "ja"
    unknown = detect_language(["ᏏᏲ, ᎠᏯ ᎡᎹᏇ.", english])
    assert unknown is None, "a Cherokee greeting means a character that speaks Cherokee"


def test_a_long_text_takes_little_time() -> None:
    begin = monotonic()
    detect_language(["{{" * 2_000_000, "<" * 2_000_000, "the " * 1_000_000])
    assert monotonic() - begin < 5


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=50), max_size=3))
def test_any_text_has_a_language_or_none(texts: list[str]) -> None:
    found = detect_language(texts)
    assert found is None or language(found.code) == found

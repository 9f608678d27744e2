"""Text in a wrong encoding is repaired if that is certain, and no other text is changed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from refsheet_tui.characters.mojibake import repair_mojibake, repair_texts

TEXTS = [
    "“Hello there,” she said—slowly… ‘Really?’",
    "Café, naïve, Übermut, señor, Ærø",
    "你好，我是龙。这里是我的山。",
    "こんにちは、私はエンバーです。",
    "Привет! Я дракон.",
    "Γεια σου",
    "שלום, אני דרקון",
    "مرحبا",
    "Hi 🐉 friend, how are you?",
    "It is 20°C, and it costs £5.",
    "Ł, ő, š, ğ",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("rounds", [1, 2])
def test_text_read_as_latin_1_is_repaired(text: str, rounds: int) -> None:
    damaged = text
    for _ in range(rounds):
        damaged = damaged.encode().decode("latin-1")
    assert repair_mojibake(damaged) == text


@pytest.mark.parametrize("text", TEXTS)
def test_text_read_as_windows_1252_is_repaired(text: str) -> None:
    # Windows has control characters where its encoding has nothing.
    damaged = "".join(
        bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in text.encode()
    )
    assert repair_mojibake(damaged) == text
    assert repair_mojibake(f"Plain English. {damaged}") == f"Plain English. {text}"


@pytest.mark.parametrize(
    "text",
    [
        *TEXTS,
        "",
        "ASCII",
        "“CAFÉ”",
        "CAFÉ…",
        "AMANHÃ… AMANHÃ”",
        "Il l'a dit: «À»",
        "“SCHÖN” — ÄÖÜß",
        "2×½ cup, 3×4",
        "ROMÂNIA, Â",
        "Ø½ mm",
        "é" * 3,
        "Ã© is what “é” becomes",
        "“Quoted”, and then Ã© again",
        "10 % × ½ ± ¾ ®™",
        "Ñandú",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert repair_mojibake(text) == text


@pytest.mark.parametrize(
    ("damaged", "text"),
    [
        ("Don\x92t use \x93smart\x94 quotes\x85", "Don’t use “smart” quotes…"),
        ("caf\xe9 \x80 5 \x96 \x9cuf", "café € 5 – œuf"),
        ("\u732b\x94", "\u732b”"),
        ("a\x8d\x9d", "a\x8d\x9d"),
    ],
)
def test_control_characters_of_windows_1252_become_what_they_were(damaged: str, text: str) -> None:
    assert repair_mojibake(damaged) == text


@pytest.mark.parametrize(
    "damaged", ["â€œHelloâ€\x9d, she said", "â€œHelloâ€\ufffd, she said", "â€œHelloâ€, she said"]
)
def test_a_quote_that_has_lost_its_last_byte_is_repaired(damaged: str) -> None:
    assert repair_mojibake(damaged) == "“Hello”, she said"


def test_all_texts_of_a_value_are_repaired() -> None:
    damaged = "é".encode().decode("latin-1")
    value = {"a": [damaged, 1, None, True, {"b": damaged}], damaged: 1.5}
    assert repair_texts(value) == {"a": ["é", 1, None, True, {"b": "é"}], damaged: 1.5}


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_what_is_repaired_cannot_be_repaired_again(text: str) -> None:
    repaired = repair_mojibake(repair_mojibake(text))
    assert repair_mojibake(repaired) == repaired


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(min_codepoint=0x3040, max_codepoint=0x9FFF), min_size=2))
def test_any_text_of_east_asia_is_repaired(text: str) -> None:
    assert repair_mojibake(text.encode().decode("latin-1")) == text

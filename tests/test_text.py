from __future__ import annotations

import pytest

from refsheet_tui.untrusted import StreamCleaner, clean_text, one_line


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("a\r\nb\rc\n\rd", "a\nb\nc\n\nd"),
        ("\x00\x07\x08\x0b\x0c\x7f\x80\x85x", "x"),
        ("\x1b[1;31mred\x1b[0m", "[1;31mred[0m"),
        ("\x9b31mred", "31mred"),
        ("\x1b]0;title\x07a", "]0;titlea"),
        ("\x9d52;c;aGk=\x9cx", "52;c;aGk=x"),
        ("\x1bPq#0\x1b\\x\x1b_Gf=100\x1b\\y", "Pq#0\\x_Gf=100\\y"),
        ("â\x80\x9cread as Latin-1â\x80\x9d", "âread as Latin-1â"),
        ("a\x1b[31", "a[31"),
        ("a\x1b", "a"),
        ("\x1béa\x1b[1é", "éa[1é"),
        ("user\u202etxt.exe\u202c \u2066a\u2069", "usertxt.exe a"),
        ("\ud83d\ude00", "\ufffd\ufffd"),
    ],
)
def test_controls_go_and_every_other_character_stays(raw: str, cleaned: str) -> None:
    assert clean_text(raw) == cleaned


@pytest.mark.parametrize(
    "text",
    ["👩‍👩‍👧‍👦 👋🏽 🏴‍☠️ 🇫🇷", "é ế ñ̃", "שלום עולם", "مرحبا بالعالم\u200f", "小墨，你好。", "क्षत्रिय"],
)
def test_every_script_stays(text: str) -> None:
    assert clean_text(text) == text


def test_a_stream_is_cleaned_across_its_pieces() -> None:
    cleaner = StreamCleaner()
    pieces = ["a\x1b", "[3", "1mb\r", "\nc\x1b]0;t", "itle\x1b", "\\d"]
    assert "".join(map(cleaner.feed, pieces)) + cleaner.flush() == "a[31mb\nc]0;title\\d"


def test_after_a_flush_a_new_text_begins() -> None:
    cleaner = StreamCleaner()
    assert cleaner.feed("b\r") == "b\n"
    assert cleaner.flush() == ""
    assert cleaner.feed("\nc") == "\nc"


def test_a_name_stays_on_its_line() -> None:
    assert one_line("two\r\nlines\tand\x1b[2J\u2028more") == "two lines and[2J more"

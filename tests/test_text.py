from __future__ import annotations

import pytest

from refsheet_tui.untrusted import StreamCleaner, clean_text, one_line


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("a\r\nb\rc\n\rd", "a\nb\nc\n\nd"),
        ("\x00\x07\x08\x0b\x0c\x7f\x80\x85x", "x"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[?25lx\x1b[>0;276;0c", "x"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "alink"),
        ("\x9d52;c;aGk=\x9cx", "x"),
        ("\x1bPq#0;2;0;0;0\x1b\\x\x1b_Gf=100\x1b\\y\x1bXsos\x1b\\z\x1b^pm\x9c!", "xyz!"),
        ("\x1bcx\x1b(0y\x1b#8z\x1b7", "xyz"),
        ("\x1b\x1b[31mx", "x"),
        ("\x1b[3\x1b[1mx", "x"),
        ("a\x1b[31", "a"),
        ("a\x1b", "a"),
        ("\x1béa\x1b[1é", "éaé"),
        ("user\u202etxt.exe\u202c \u2066a\u2069", "usertxt.exe a"),
        ("\ud83d\ude00", "\ufffd\ufffd"),
    ],
)
def test_controls_and_sequences_go_whole(raw: str, cleaned: str) -> None:
    assert clean_text(raw) == cleaned


def test_an_unterminated_string_ends_with_its_line() -> None:
    assert clean_text("a\x1b]0;never ended\nnothing lost") == "a\nnothing lost"


@pytest.mark.parametrize(
    "text",
    ["👩‍👩‍👧‍👦 👋🏽 🏴‍☠️ 🇫🇷", "é ế ñ̃", "שלום עולם", "مرحبا بالعالم\u200f", "小墨，你好。", "क्षत्रिय"],
)
def test_every_script_stays(text: str) -> None:
    assert clean_text(text) == text


def test_a_stream_is_cleaned_across_its_pieces() -> None:
    cleaner = StreamCleaner()
    pieces = ["a\x1b", "[3", "1mb\r", "\nc\x1b]0;t", "itle\x1b", "\\d"]
    assert "".join(map(cleaner.feed, pieces)) + cleaner.flush() == "ab\ncd"


def test_after_a_flush_a_new_text_begins() -> None:
    cleaner = StreamCleaner()
    assert cleaner.feed("a\x1b]0;") == "a"
    assert cleaner.flush() == ""
    assert cleaner.feed("b\r") == "b\n"
    assert cleaner.flush() == ""
    assert cleaner.feed("\nc") == "\nc"


def test_a_name_stays_on_its_line() -> None:
    assert one_line("two\r\nlines\tand\x1b[2J\u2028more") == "two lines and more"

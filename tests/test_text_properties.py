from __future__ import annotations

import unicodedata

from hypothesis import given, strategies as st

from refsheet_tui.untrusted import StreamCleaner, clean_text, one_line

# The parts of texts in which escape sequences are as frequent as letters.
_BITS = [
    *"\x1b\x9b\x9d\x90\x9c\x07\x18\r\n\t",
    *"[]P\\_;?0m (a",
    "é",
    "字",
    "א",
    "\u202e",
    "\u200d",
]
hostile = st.text(st.sampled_from(_BITS), max_size=40) | st.text(max_size=40)
harmless = st.text(
    st.characters(exclude_categories=["Cc", "Cs"]).filter(
        lambda char: not ("\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069")
    )
    | st.sampled_from(["\n", "\t", "👩", "\u200d", "🏽", "\u0301", "ש", "ع", "墨"])
)


def clean_in_pieces(pieces: list[str]) -> str:
    cleaner = StreamCleaner()
    return "".join(cleaner.feed(piece) for piece in pieces) + cleaner.flush()


@given(hostile)
def test_every_cut_gives_the_same(text: str) -> None:
    whole = clean_text(text)
    for cut in range(len(text) + 1):
        assert clean_in_pieces([text[:cut], text[cut:]]) == whole
    assert clean_in_pieces(list(text)) == whole


@given(st.lists(hostile, max_size=8))
def test_pieces_of_any_size_give_the_same(pieces: list[str]) -> None:
    assert clean_in_pieces(pieces) == clean_text("".join(pieces))


@given(hostile)
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)


@given(hostile)
def test_no_control_is_left(text: str) -> None:
    cleaned = clean_text(text)
    assert all(char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"} for char in cleaned)
    assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert len(one_line(text).splitlines()) <= 1


@given(hostile)
def test_every_letter_digit_and_mark_stays(text: str) -> None:
    def visible(text: str) -> list[str]:
        return [char for char in text if unicodedata.category(char)[0] in "LNPSM"]

    assert visible(clean_text(text).replace("\ufffd", "")) == visible(text.replace("\ufffd", ""))


@given(harmless)
def test_harmless_text_is_untouched(text: str) -> None:
    assert clean_text(text) == text


@given(hostile)
def test_clean_text_can_be_encoded(text: str) -> None:
    clean_text(text).encode("utf-8")

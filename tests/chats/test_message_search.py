"""Every word in a message can be found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from refsheet_tui.chats.library import Library
from refsheet_tui.chats.search import search_messages

SAID = {
    "en": "The dragon painted a Blue whale by the sea.",
    "zh": "我喜欢画画，尤其是蓝色的鲸鱼。",
    "ja": "青いクジラを描きました。",
    "ko": "파란 고래를 그렸어요",
    "ru": "Синий кит плывёт по морю",
    "ar": "الحوت الأزرق يسبح في البحر",
    "code": 'if x_1 < 100%: print("it\'s done")',
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    library = Library.open(tmp_path_factory.mktemp("search"))
    for text in SAID.values():
        library.tree.add_message(library.chats.create_chat(None).id, None, "user", text)
    return library


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("blue WHALE", "en"),
        ("rago", "en"),
        ("蓝色的", "zh"),
        ("鲸鱼", "zh"),
        ("画", "zh"),
        ("クジラ", "ja"),
        ("고래", "ko"),
        ("СИНИЙ", "ru"),
        ("الأزرق", "ar"),
        ("100%:", "code"),
        ("x_1", "code"),
        ("\"it's", "code"),
        ("%:", "code"),
    ],
)
def test_words_of_any_language_are_found(library: Library, words: str, found: str) -> None:
    (match,) = search_messages(library.database, words)
    assert str(match.excerpt) == SAID[found]
    seen = match.excerpt.match
    assert seen.casefold() == words.split()[0].casefold() or seen in SAID[found]


def test_all_words_must_be_there(library: Library) -> None:
    assert search_messages(library.database, "blue dragon whale")
    assert not search_messages(library.database, "blue tiger")
    assert not search_messages(library.database, "  ")


@given(st.text(max_size=20))
def test_whatever_is_typed_is_a_search(words: str) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        library = Library.open(Path(folder))
        search_messages(library.database, words)
        library.database.close()


def test_the_match_stands_in_its_context(tmp_path: Path) -> None:
    library = Library.open(tmp_path)
    text = "a" * 100 + " needle\nin a " + "b" * 100
    library.tree.add_message(library.chats.create_chat(None).id, None, "user", text)
    (match,) = search_messages(library.database, "needle")
    excerpt = match.excerpt
    assert excerpt.match == "needle"
    assert excerpt.before.startswith("…") and excerpt.before.endswith("a ")
    assert excerpt.after.startswith(" in a b") and excerpt.after.endswith("…")


def test_what_is_deleted_is_not_found(tmp_path: Path) -> None:
    library = Library.open(tmp_path)
    chat = library.chats.create_chat(None).id
    said = library.tree.add_message(chat, None, "user", "a needle")
    library.tree.delete_message(said)
    assert not search_messages(library.database, "needle")
    library.tree.undelete_message(said)
    assert search_messages(library.database, "needle")
    library.chats.delete_chat(chat)
    assert not search_messages(library.database, "needle") and not search_messages(
        library.database, "ee"
    )


def test_what_is_rewritten_is_found_as_it_is(tmp_path: Path) -> None:
    library = Library.open(tmp_path)
    said = library.tree.add_message(
        library.chats.create_chat(None).id, None, "model", "before", finish="open"
    )
    library.tree.update_message(said.id, "afterwards", "end_of_turn")
    assert not search_messages(library.database, "before")
    assert search_messages(library.database, "afterwards")


def test_the_best_match_comes_first(tmp_path: Path) -> None:
    library = Library.open(tmp_path)
    chat = library.chats.create_chat(None).id
    short = library.tree.add_message(chat, None, "user", "needle")
    library.tree.add_message(chat, None, "user", "a needle in " + "hay " * 200)
    assert search_messages(library.database, "needle")[0].message == short.id

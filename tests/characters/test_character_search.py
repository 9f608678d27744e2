"""Every word in a character can be found."""

from __future__ import annotations

from pathlib import Path

from helpers.library import add_ember
from refsheet_tui.characters.search import search_characters
from refsheet_tui.chats.library import Library


def test_characters_are_found_by_all_that_is_written_about_them(tmp_path: Path) -> None:
    own = Library.open(tmp_path)
    blue = add_ember(own, name="Azure", description="A dragon. Ember is its friend.")
    red = add_ember(own, tags=("fire", "火龙"), card={"personality": "bold as brass"})

    def find(words: str) -> list[int]:
        return [match.character for match in search_characters(own.database, words)]

    assert find("ember") == [red.id, blue.id], "a name comes first"
    assert find("火龙") == find("BRASS bold") == [red.id]
    assert find('100% "') == find("") == []
    assert str(search_characters(own.database, "friend")[0].excerpt).startswith("Azure · ")
    own.characters.edit_character(red.id, red.profile.model_copy(update={"tags": ("ice",)}))
    assert find("火龙") == [] and find("ice") == [red.id]
    own.characters.delete_character(red.id)
    assert find("ice") == []
    own.characters.undelete_character(red.id)
    assert find("ice") == [red.id]
